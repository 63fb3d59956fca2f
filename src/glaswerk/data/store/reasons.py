"""Every reason for which content is left out or changed: what it means and how to change the outcome.

CURATION has the rules of `glaswerk curate`, in order; ADDING what is left out while a source is added; MASKED
what is changed in documents that are kept. `glaswerk explain` prints them.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from glaswerk.core.errors import GlaswerkError


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence on what the reason means, and one on how to change the outcome."""

    meaning: str
    change: str


_ARCHIVE = "Download the archive from X again; without --tolerant this is an error, not a count."

# Rules for running text (webtext.py): all apply to pages, some also to books and speeches.
_WEB = {
    "gopher-words": Reason(
        "The text has fewer words than an article (50), or more than any web page (100,000).",
        "Change words_min or words_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-word-length": Reason(
        "The words are on average shorter than 3 or longer than 10 characters, so it is not prose.",
        "Change word_length_min or word_length_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-symbols": Reason(
        "There is more than one hash sign or ellipsis for every ten words.",
        "Raise symbols_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-bullets": Reason(
        "More than nine lines in ten begin with a bullet point.",
        "Raise bullets_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-ellipsis": Reason(
        "More than three lines in ten end with an ellipsis: a list of cut-off teasers.",
        "Raise ellipsis_lines_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-letters": Reason(
        "Fewer than eight words in ten have a letter: tables of figures, code.",
        "Lower letters_min in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-stop-words": Reason(
        "The text has fewer than two different function words of its language: lists, keywords, menus.",
        "Lower stop_words_min in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-repeated-lines": Reason(
        "Too many lines or paragraphs occur more than once (3 in 10, or 20 % of the characters).",
        "Raise repeated_lines_max or repeated_line_characters_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-repetition": Reason(
        "One sequence of two to four words, or repeated ones of five to ten, make up too much of the text.",
        "Raise the shares in top_ngrams or repeated_ngrams in [curate.web.gopher] of lab.toml.",
    ),
    "c4-curly-bracket": Reason(
        "A line of running text has a curly bracket, as program code does.",
        "Add this rule to off in [curate] of lab.toml for sources of code.",
    ),
    "c4-lorem-ipsum": Reason(
        "The page contains the filler text “lorem ipsum”.",
        "Add this rule to off in [curate] of lab.toml for this source.",
    ),
    "c4-sentences": Reason(
        "The lines that end like a sentence contain fewer than five sentences.",
        "Lower sentences_min in [curate.web.c4] of lab.toml.",
    ),
    "fineweb-punctuation": Reason(
        "Fewer than 12 % of the lines end with a punctuation mark: menus, lists, poems.",
        "Lower punctuated_lines_min in [curate.web.fineweb] of lab.toml.",
    ),
    "fineweb-short-lines": Reason(
        "More than 67 % of the lines have 30 characters or fewer.",
        "Raise short_lines_max in [curate.web.fineweb] of lab.toml.",
    ),
    "fineweb-repeated-lines": Reason(
        "More than 1 % of the characters are in lines that occurred before.",
        "Raise repeated_line_characters_max in [curate.web.fineweb] of lab.toml.",
    ),
    "fineweb-new-lines": Reason(
        "There are more than three line breaks for every ten words: a list.",
        "Raise new_lines_max in [curate.web.fineweb] of lab.toml.",
    ),
}

# Decided by `curate`, in this order; a document's decision names the first that applies.
CURATION = {
    "forgotten": Reason(
        "`glaswerk forget` marked this document, its author, its source, or what it was derived from.",
        "If the person who asked agrees, remove the line from forgotten.jsonl and curate again; if the "
        "document was purged, first remove the source's folder and add the source again.",
    ),
    "deleted": Reason(
        "An archive in the lab lists this post, a post of this thread, or what this was derived from as "
        "deleted by its owner.",
        "If the owner wants the post back, add the archive again under the same --name with --deleted.",
    ),
    "rights-opt-out": Reason(
        "The owner reserved text and data mining (tdm_opt_out), so the document is not trained on.",
        "Obtain the right to use it, then add the document with tdm_opt_out false.",
    ),
    "private-audience": Reason(
        "The document was not public: a direct message, or a post from a protected account.",
        "If everyone concerned agrees, add its audience to audiences in [curate] of lab.toml.",
    ),
    "retweet": Reason(
        'The post repeats someone else\'s post word for word ("RT @name: …").',
        "Add the other account's archive; its own posts are kept.",
    ),
    "empty": Reason(
        "Nothing is left after links and mentions are removed.",
        "Nothing to change: there is no text to learn from.",
    ),
    "too-short": Reason(
        "The text has too few letters and digits for its kind (at least 8 in a post, 20 in a page, 200 in a "
        "book).",
        "Lower post_letters, page_letters or book_letters in [curate.quality] of lab.toml.",
    ),
    "symbol-heavy": Reason(
        "Most characters are neither letters, digits nor emoji: tables of figures, drawings, markup.",
        "Lower letter_share in [curate.quality] of lab.toml, or clean the text and add it again.",
    ),
    "repetitive": Reason(
        "The text repeats itself: it has few different words, or mostly lines that occur more than once.",
        "Lower distinct_words or raise repeated_lines in [curate.quality] of lab.toml.",
    ),
    "language": Reason(
        "The text is probably in none of the selected languages; `score` is the probability that it is.",
        "Add the language to `glaswerk curate --language …`, or select none to keep all.",
    ),
    **_WEB,
    "lexicon-toxicity": Reason(
        "The text has many words from the lists of insults and swearwords, which cannot detect irony or "
        "quotation.",
        "Raise lexicon_toxicity_max in [curate.toxicity] of lab.toml (1.0 switches it off).",
    ),
    "evaluation-item": Reason(
        "The text contains thirteen consecutive words of an evaluation item (or a complete shorter one), so "
        "a model trained on it has seen the answer.",
        "If no model will be evaluated on that set, remove its folder under evaluations/.",
    ),
    "repeated-id": Reason(
        "An earlier source has a copy of this post of X that passes all rules; that copy stays.",
        "Nothing is lost; to prefer this version, remove the earlier source.",
    ),
    "mixture-share": Reason(
        "Only a share of this source, language or author goes into the corpus, drawn by content hash.",
        "Raise it under share_by_source, share_by_language or share_by_author in [curate.mixture].",
    ),
    "mixture-cap": Reason(
        "This source, language or author has more documents than its cap; those with the lowest hashes stay.",
        "Raise it under cap_by_source, cap_by_language or cap_by_author in [curate.mixture] of lab.toml.",
    ),
    "exact-duplicate": Reason(
        "Another document has the same text apart from case and spaces; `duplicate_of` names the one kept.",
        "Nothing is lost; the first by source name and id stays.",
    ),
    "near-duplicate": Reason(
        "Another document shares nearly all three-word sequences, and no name or number differs; "
        "`duplicate_of` names the one kept, `score` is the share.",
        "Raise near_duplicate in [curate] of lab.toml (1.0 switches it off).",
    ),
    "kept": Reason("The document is in the corpus.", "Nothing to change."),
}

# Counted while content is added, before it becomes a document.
ADDING = {
    "direct_message": Reason(
        "A direct message, or a conversation of direct messages, in an archive of X; it is left out.",
        "Add the archive with --direct-messages: only the account's own messages are added, as private.",
    ),
    "message_of_others": Reason(
        "A direct message that someone else wrote.", "Only its author can provide it: add their archive."
    ),
    "limited_audience": Reason(
        "A post to a circle, a community or followers only; it is left out.",
        "Add the archive with --limited: such posts are added with the audience limited.",
    ),
    "like": Reason(
        "A post of someone else that the account liked; it is left out.",
        "Add the archive again with --likes, and state with --acquired how you obtained the right.",
    ),
    "own_like": Reason(
        "A liked post written by the account itself or by another account in the same call.",
        "Add the archive without --likes for it.",
    ),
    "unjoined_note": Reason(
        "The text of a long post (note-tweet.js) that matches no post of the archive by time and beginning.",
        "If its post was deleted, nothing to change; if it was for a circle or a community, use --limited.",
    ),
    "superseded_edit": Reason(
        "An older version of a post that its author edited later.", "Nothing is lost; the last version stays."
    ),
    "repeated_id": Reason(
        "A document with this id and text (or with this id of X) was already read in the same call.",
        "Nothing is lost; the first one stays, with the tightest audience and any reservation among them.",
    ),
    "broken_record": Reason("A record that is not JSON or not in X's format.", _ARCHIVE),
    "cut_off": Reason(
        "A file, or a member of a tar or zip file, that ends early or is damaged; the part before was read.",
        "Download it again.",
    ),
    "not_json": Reason("A file in a dump that contains no JSON.", "Nothing to change, unless it should."),
    "not_a_post": Reason(
        "A value from an API that is not a post: a user, a list, a place, an error.",
        "Nothing is lost: there is no post in it.",
    ),
    "notice": Reason(
        "A control message in a stream of posts: a limit, a withheld post, a warning.",
        "Nothing is lost: there is no post in it.",
    ),
    "unavailable": Reason(
        "A post that an API or a list of likes names without its text: deleted, protected or suspended.",
        "It cannot be added.",
    ),
    "nested_too_deep": Reason(
        "Posts nested deeper than X nests them, or a page with 3,000 elements inside one another.",
        "Fetch the inner posts; a page nested like that was not written for readers.",
    ),
    "missing_records": Reason("The archive's manifest lists more records than there are.", _ARCHIVE),
    "unlisted_files": Reason(
        "A file of posts that the archive's manifest does not list; its posts were read too.", _ARCHIVE
    ),
    "equal_answers": Reason(
        "The chosen and the rejected answer are the same, so the pair expresses no preference.",
        "Nothing is lost; to train on the answer, add it as a dialogue.",
    ),
    "empty_answer": Reason(
        "The chosen or the rejected answer has no words.", "Write the answer, or leave the row out."
    ),
    "different_prompts": Reason(
        "The two conversations differ before their last answer, so no prompt has both answers.",
        "End both at the first difference: one assistant answer each, after the same turns.",
    ),
    "no_ranking": Reason(
        "Several answers, but no two with different scores or ranks.",
        "Give them scores, or name two of them as chosen and rejected.",
    ),
    "withdrawn_reply": Reason(
        "A reply in a conversation tree that was deleted or failed review; replies to it are left out, too.",
        "It cannot be added: its author or its reviewers withdrew it.",
    ),
    "no_caption": Reason(
        "A picture without a caption.",
        "Write the caption into a .txt file with the picture's name, or name its column with --text-column.",
    ),
    "missing_picture": Reason(
        "A caption whose picture is missing: a name without a file, or a link that was never downloaded.",
        "Put the picture at the path that the caption names; links are never downloaded.",
    ),
    "unsupported_picture": Reason(
        "A picture that is not a JPEG, PNG, WebP or GIF, whatever its file name says.",
        "Convert it, for instance to PNG.",
    ),
    "broken_picture": Reason("A picture that ends early or cannot be decoded.", "Download it again."),
    "oversized_picture": Reason(
        "A picture of more than 64 million pixels or 64 MiB.", "Make it smaller and add it again."
    ),
    "no_text": Reason("A row or file without text.", "Put the text into a field named 'text'."),
    "unsupported_file": Reason(
        "A file inside an added folder or container of a kind that is not read: pictures, office documents.",
        "Convert it to .md, .txt or .jsonl.",
    ),
    "outside_link": Reason(
        "A link inside an added folder that leads outside it; it was not followed.",
        "Pass the link's target as a separate path.",
    ),
    "bomb": Reason(
        "A file that unpacks to more than 200 times its size, or to more than its kind may have.",
        "If you trust it, unpack it yourself and add the parts that you want.",
    ),
    "nested_container": Reason(
        "A container nested more than four layers deep.", "Unpack the outer containers and add the folder."
    ),
    "encrypted": Reason(
        "A file that needs a password or a licence to open.", "Add a copy that is not encrypted."
    ),
    "broken_file": Reason(
        "A damaged or malformed file; inside a container, the part before the fault was read.",
        "Unpack it and add it alone: the error then names the place.",
    ),
    "broken_row": Reason(
        "A row of a table with more cells than its header, usually because a delimiter was not quoted.",
        "Quote the cells that contain delimiters.",
    ),
    "no_text_column": Reason(
        "A table or Parquet file inside a folder or container without a column of text.",
        "Name the column with the text: --text-column NAME.",
    ),
    "no_text_layer": Reason(
        "A scanned PDF without text.", "Recognise its text first, for instance with ocrmypdf."
    ),
    "not_a_page": Reason(
        "A record of a web archive that is not a page: a picture, a script, an error, a redirection.",
        "Nothing is lost: there is no text in it.",
    ),
    "too_big": Reason(
        "A page over 32 MB, a message over 48 MB, or a PDF over 20,000 pages or two minutes of reading.",
        "Split it into parts.",
    ),
    "unknown_encoding": Reason(
        "Text that is neither UTF-8 nor in an encoding that it declares.",
        "Name its encoding: --encoding windows-1252.",
    ),
}

# Changed in documents that are kept.
_MASK = "Change the list mask in [curate] of lab.toml."
MASKED = {
    "email": Reason("An e-mail address, masked as [email].", _MASK),
    "phone": Reason("A telephone number of 9 to 15 digits, masked as [phone].", _MASK),
    "iban": Reason("A bank account number with a valid checksum, masked as [iban].", _MASK),
    "evaluation": Reason(
        "Characters removed with lines of long texts that contain evaluation items; leaks.parquet lists the "
        "items.",
        "If no model will be evaluated on that set, remove its folder under evaluations/.",
    ),
    "boilerplate": Reason(
        "Characters removed with lines that occur in many pages (menus, cookie notices, copyright lines).",
        "Raise min_documents or min_share in [curate.boilerplate] of lab.toml.",
    ),
    "card": Reason(
        "A payment card number with known first digits and a valid checksum, masked as [card].",
        _MASK,
    ),
    "ip": Reason("A public IP address, masked as [ip].", _MASK),
    "coordinates": Reason(
        "Coordinates accurate to ten metres (four decimals or seconds of arc), masked as [coordinates].",
        _MASK,
    ),
    "handle": Reason("The name of an account (@name), masked as [handle].", _MASK),
}

REASONS = {**CURATION, **ADDING, **MASKED}


def explain(reason: str) -> str:
    """What `reason` means and how to change the outcome, in two sentences.

    Hyphens and underscores are interchangeable. Raises GlaswerkError naming similar reasons for an
    unknown one.
    """
    found = (
        REASONS.get(reason) or REASONS.get(reason.replace("-", "_")) or REASONS.get(reason.replace("_", "-"))
    )
    if found is None:
        near = get_close_matches(reason, REASONS, n=3)
        raise GlaswerkError(
            f"expected a reason, found {reason!r}" + (f"; similar: {', '.join(near)}" if near else ""),
            hint=f"glaswerk explain {near[0]}" if near else "glaswerk explain lists all reasons",
        )
    return f"{found.meaning} {found.change}"
