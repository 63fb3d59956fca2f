"""Every reason for which content is left out or changed, what it means and how to change it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from glaswerk.core.errors import GlaswerkError


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence on what the reason means, one on how to change the outcome."""

    meaning: str
    change: str


_ARCHIVE = "Download the archive from X again; without --tolerant this is an error, not a count."

# Rules for running text: pages, in part books and speeches (webtext.py).
_WEB = {
    "gopher-words": Reason(
        "The text has too few words to be an article (50), or more than a page has (100,000).",
        "Change words_min or words_max in [curate.web.gopher] of lab.toml.",
    ),
    "gopher-word-length": Reason(
        "The words are on average shorter than 3 or longer than 10 characters: no prose.",
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
        "One sequence of two to four words, or repeated ones of five to ten, are too much of the text.",
        "Raise the shares in top_ngrams or repeated_ngrams in [curate.web.gopher] of lab.toml.",
    ),
    "c4-curly-bracket": Reason(
        "A line of running text has a curly bracket: program code.",
        "Add this rule to off in [curate] of lab.toml for sources of code.",
    ),
    "c4-lorem-ipsum": Reason(
        "The page has the printers' filler text “lorem ipsum”.",
        "Add this rule to off in [curate] of lab.toml for this source.",
    ),
    "c4-sentences": Reason(
        "The lines that end like a sentence hold fewer than five sentences.",
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
        "More than 1 % of the characters lie in lines that occurred before.",
        "Raise repeated_line_characters_max in [curate.web.fineweb] of lab.toml.",
    ),
    "fineweb-new-lines": Reason(
        "There are more than three line breaks for every ten words: a list.",
        "Raise new_lines_max in [curate.web.fineweb] of lab.toml.",
    ),
}

# Decided by `curate`, in this order; a document's decision carries the first that applies.
CURATION = {
    "forgotten": Reason(
        "The lab was told to forget this document, its author, its source, or what it was derived from "
        "(`glaswerk forget`).",
        "Take the line out of forgotten.jsonl, if whoever asked agrees, then curate again; where it was "
        "purged, remove the source's folder and add it again first.",
    ),
    "deleted": Reason(
        "The owner deleted this post, a post of this thread, or what this was derived from, according to "
        "some archive in the lab.",
        "Add the archive again under the same --name with --deleted, if the owner wants the post back.",
    ),
    "rights-opt-out": Reason(
        "The owner reserved text and data mining (tdm_opt_out), so the document is not trained on.",
        "Obtain the right, then add the document with tdm_opt_out false.",
    ),
    "private-audience": Reason(
        "The document was not public: a direct message, or a post of a protected time.",
        "Name its audience under audiences in [curate] of lab.toml, if everyone concerned agrees.",
    ),
    "retweet": Reason(
        'The post repeats someone else\'s post word for word ("RT @name: …").',
        "Add the other account's archive; its own posts are kept.",
    ),
    "empty": Reason(
        "Nothing is left once links and mentions are taken away.",
        "Nothing to change: there is no text to learn from.",
    ),
    "too-short": Reason(
        "The text has too few letters and digits for its kind (post 8, page 20, book 200).",
        "Lower post_letters, page_letters or book_letters in [curate.quality] of lab.toml.",
    ),
    "symbol-heavy": Reason(
        "Most characters are neither letters, digits nor emoji: tables of figures, drawings, markup.",
        "Lower letter_share in [curate.quality] of lab.toml, or clean the text and add it again.",
    ),
    "repetitive": Reason(
        "The text repeats itself: few different words, or mostly lines that occur more than once.",
        "Lower distinct_words or raise repeated_lines in [curate.quality] of lab.toml.",
    ),
    "language": Reason(
        "The text is most likely in none of the languages asked for; `score` is the probability that it is.",
        "Add the language to `glaswerk curate --language …`, or name none to keep all.",
    ),
    **_WEB,
    "lexicon-toxicity": Reason(
        "The text has many words from the lists of insults and oaths, which see no irony or quotation.",
        "Raise lexicon_toxicity_max in [curate.toxicity] of lab.toml (1.0 switches it off).",
    ),
    "evaluation-item": Reason(
        "The text holds thirteen words in a row of an evaluation item (or all of a shorter one): a model "
        "trained on it has seen the answer.",
        "Remove the set's folder under evaluations/, if no model will be measured by it.",
    ),
    "repeated-id": Reason(
        "A copy of this post of X, from an earlier source, passes all rules and stays.",
        "Nothing is lost; to prefer the other version, remove the earlier source.",
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
        "Another document has the same text but for case and spaces; `duplicate_of` names the one kept.",
        "Nothing is lost; order is by source name and id, so the first of them stays.",
    ),
    "near-duplicate": Reason(
        "Another document shares nearly all its three-word sequences, and no name or number differs; "
        "`duplicate_of` names the one kept, `score` is the share.",
        "Raise near_duplicate in [curate] of lab.toml (1.0 switches it off).",
    ),
    "kept": Reason("The document is in the corpus.", "Nothing to change."),
}

# Counted while content is added, before it becomes a document.
ADDING = {
    "direct_message": Reason(
        "A direct message, or a conversation of such in an archive of X; it stays out.",
        "Add the archive with --direct-messages: only the account's own messages come in, as private.",
    ),
    "message_of_others": Reason(
        "A direct message that someone else wrote.", "It is theirs to give: add their archive."
    ),
    "limited_audience": Reason(
        "A post to a circle, a community or followers alone; it stays out.",
        "Add the archive with --limited: such posts come in with the audience limited.",
    ),
    "like": Reason(
        "A post of someone else that the account liked; it stays out.",
        "Add the archive once more with --likes, and say with --acquired how you came by the right.",
    ),
    "own_like": Reason(
        "A liked post that the account, or another one of the same call, wrote itself.",
        "Add the archive without --likes for it.",
    ),
    "unjoined_note": Reason(
        "The text of a long post (note-tweet.js) that fits no post of the archive, by time and beginning.",
        "Nothing to change, if its post was deleted; if it was for a circle or a community, use --limited.",
    ),
    "superseded_edit": Reason(
        "An older version of a post that its author edited later.", "Nothing is lost; the last version stays."
    ),
    "repeated_id": Reason(
        "A document with this id and text (or with this id of X) was already read in the same call.",
        "Nothing is lost; the first one stays, with the tightest audience and any reservation of them.",
    ),
    "broken_record": Reason("A record that is not as X writes it, or no JSON.", _ARCHIVE),
    "cut_off": Reason(
        "A file, or a member of a tar or zip file, that ends early or is broken; what stood before was read.",
        "Fetch it again.",
    ),
    "not_json": Reason("A file in a dump that holds no JSON.", "Nothing to change, if it was not meant to."),
    "not_a_post": Reason(
        "A value of an API that is no post: a user, a list, a place, an error.",
        "Nothing is lost: there is no post in it.",
    ),
    "notice": Reason(
        "A message between the posts of a stream: a limit, a withheld post, a warning.",
        "Nothing is lost: there is no post in it.",
    ),
    "unavailable": Reason(
        "A post that an API or a list of likes names without its text: deleted, protected or suspended.",
        "It cannot be added.",
    ),
    "nested_too_deep": Reason(
        "Posts in posts in posts, deeper than X nests them, or a page of 3,000 elements in one another.",
        "Fetch the inner posts; a page like that was not made to be read.",
    ),
    "missing_records": Reason("The archive's manifest promises more records than there are.", _ARCHIVE),
    "unlisted_files": Reason(
        "A file of posts in the archive that its manifest does not name; its posts were read too.", _ARCHIVE
    ),
    "equal_answers": Reason(
        "The chosen and the rejected answer are the same, so the pair prefers nothing.",
        "Nothing is lost; to teach the answer, add it as a dialogue.",
    ),
    "empty_answer": Reason(
        "The chosen or the rejected answer has no words.", "Write the answer, or leave the row out."
    ),
    "different_prompts": Reason(
        "The two conversations differ before their last answer, so no prompt has both answers.",
        "Cut both where they part: one answer of the assistant each, to the same turns.",
    ),
    "no_ranking": Reason(
        "Several answers, but no two with different scores or ranks.",
        "Score them, or name the two as chosen and rejected.",
    ),
    "withdrawn_reply": Reason(
        "A reply in a tree that was deleted or failed its review; what answers it is left out, too.",
        "It cannot be added: its authors or reviewers took it back.",
    ),
    "no_caption": Reason(
        "A picture without words that say what is to be seen.",
        "Write them into a .txt of the picture's name, or name their column with --text-column.",
    ),
    "missing_picture": Reason(
        "A caption whose picture is not there: a name without a file, or a link that was never fetched.",
        "Put the picture where its name says; nothing is fetched.",
    ),
    "unsupported_picture": Reason(
        "A picture that is no JPEG, PNG, WebP or GIF, whatever its name says.",
        "Convert it, for instance to PNG.",
    ),
    "broken_picture": Reason("A picture that ends early or cannot be decoded.", "Fetch it again."),
    "oversized_picture": Reason(
        "A picture of more than 64 million pixels or 64 MiB.", "Make it smaller and add it again."
    ),
    "no_text": Reason("A row or file without text.", "Put the text into a field named 'text'."),
    "unsupported_file": Reason(
        "A file inside an added folder or container whose kind is not read: pictures, office documents.",
        "Convert it to .md, .txt or .jsonl.",
    ),
    "outside_link": Reason(
        "A link inside an added folder that leads out of it; it was not followed.",
        "Name what it leads to as a path of its own.",
    ),
    "bomb": Reason(
        "A file that unpacks to more than any text shrinks by (200:1), or to more than its kind may have.",
        "Unpack it yourself, if it is what it should be, and add what you want of it.",
    ),
    "nested_container": Reason(
        "A container in containers, deeper than four layers.", "Unpack the outer ones and add the folder."
    ),
    "encrypted": Reason(
        "A file that opens only with a password or a licence.", "Add a copy that is not encrypted."
    ),
    "broken_file": Reason(
        "A file that is not as its kind should be; inside a container what stood before the fault was read.",
        "Unpack and add it alone: the error then names the place.",
    ),
    "broken_row": Reason(
        "A row of a table with more cells than its header: a delimiter in it was not quoted.",
        "Quote the cells that hold delimiters.",
    ),
    "no_text_column": Reason(
        "A table or Parquet file inside a folder or container without a column that holds the text.",
        "Say which column does: --text-column NAME.",
    ),
    "no_text_layer": Reason(
        "A PDF of pictures of pages, without text.", "Recognise its text first, for instance with ocrmypdf."
    ),
    "not_a_page": Reason(
        "A record of a web archive that is no page: a picture, a script, an error, a redirection.",
        "Nothing is lost: there is no text in it.",
    ),
    "too_big": Reason(
        "A page beyond 32 MB, a message beyond 48 MB, or a PDF beyond 20,000 pages or two minutes.",
        "Cut it into parts.",
    ),
    "unknown_encoding": Reason(
        "Text that is neither UTF-8 nor in an encoding that it declares.",
        "Say its encoding: --encoding windows-1252.",
    ),
}

# Changed in documents that are kept.
_MASK = "Change the list mask in [curate] of lab.toml."
MASKED = {
    "email": Reason("An e-mail address, masked as [email].", _MASK),
    "phone": Reason("A telephone number of 9 to 15 digits, masked as [phone].", _MASK),
    "iban": Reason("A bank account number with a valid checksum, masked as [iban].", _MASK),
    "evaluation": Reason(
        "Characters in lines of long texts that hold evaluation items, taken out; leaks.parquet names these.",
        "Remove the set's folder under evaluations/, if no model will be measured by it.",
    ),
    "boilerplate": Reason(
        "Characters in lines that stand in many pages (menus, notices of cookies or rights), taken out.",
        "Raise min_documents or min_share in [curate.boilerplate] of lab.toml.",
    ),
    "card": Reason(
        "A payment card number with known first digits and a valid checksum, masked as [card].",
        _MASK,
    ),
    "ip": Reason("A public IP address, masked as [ip].", _MASK),
    "coordinates": Reason(
        "A place to ten metres (four decimals or seconds of arc), masked as [coordinates].",
        _MASK,
    ),
    "handle": Reason("The name of an account (@name), masked as [handle].", _MASK),
}

REASONS = {**CURATION, **ADDING, **MASKED}


def explain(reason: str) -> str:
    """What `reason` means and how to change it, in two sentences.

    Raises GlaswerkError listing the known reasons for one that is not among them.
    """
    found = (
        REASONS.get(reason) or REASONS.get(reason.replace("-", "_")) or REASONS.get(reason.replace("_", "-"))
    )
    if found is None:
        near = get_close_matches(reason, REASONS, n=1)
        raise GlaswerkError(
            f"expected a reason ({', '.join(REASONS)}), found {reason!r}",
            hint=f"glaswerk explain {near[0] if near else 'near-duplicate'}",
        )
    return f"{found.meaning} {found.change}"
