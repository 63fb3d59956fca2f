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

# Decided by `curate`, in this order; a document's decision carries the first that applies.
CURATION = {
    "forgotten": Reason(
        "The lab was told to forget this document, its author or its source (`glaswerk forget`).",
        "Take the line out of forgotten.jsonl, if whoever asked agrees, then curate again.",
    ),
    "deleted": Reason(
        "The owner deleted this post, or a post of this thread, according to some archive in the lab.",
        "Add the archive again under the same --name with --deleted, if the owner wants the post back.",
    ),
    "rights-opt-out": Reason(
        "The owner reserved text and data mining (tdm_opt_out), so the document is not trained on.",
        "Obtain the right, then add the document with tdm_opt_out false.",
    ),
    "private-audience": Reason(
        "The document was not public: a direct message, or a post of a protected time.",
        "Name its audience in `curate(audiences=…)`, if everyone concerned agrees.",
    ),
    "repeated-id": Reason(
        "An earlier source already holds a post with this id of X.",
        "Nothing is lost; to prefer the other version, remove the earlier source.",
    ),
    "retweet": Reason(
        "The post repeats someone else's post word for word (\"RT @name: …\").",
        "Add the other account's archive; its own posts are kept.",
    ),
    "empty": Reason(
        "Nothing is left once links and mentions are taken away.",
        "Nothing to change: there is no text to learn from.",
    ),
    "too-short": Reason(
        "The text has too few letters and digits for its kind (post 8, page 20, book 200).",
        "Lower CurateConfig.post_letters, page_letters or book_letters.",
    ),
    "symbol-heavy": Reason(
        "Most characters are neither letters, digits nor emoji: tables of figures, drawings, markup.",
        "Lower CurateConfig.letter_share, or clean the text and add it again.",
    ),
    "repetitive": Reason(
        "The text repeats itself: few different words, or mostly lines that occur more than once.",
        "Lower CurateConfig.distinct_words or raise repeated_lines.",
    ),
    "language": Reason(
        "The text is most likely in none of the languages asked for; `score` is the probability that it is.",
        "Add the language to `glaswerk curate --language …`, or name none to keep all.",
    ),
    "exact-duplicate": Reason(
        "Another document has the same text but for case and spaces; `duplicate_of` names the one kept.",
        "Nothing is lost; order is by source name and id, so the first of them stays.",
    ),
    "near-duplicate": Reason(
        "Another document shares nearly all its three-word sequences, and no name or number differs; "
        "`duplicate_of` names the one kept, `score` is the share.",
        "Raise CurateConfig.near_duplicate (1.0 switches it off).",
    ),
    "kept": Reason("The document is in the corpus.", "Nothing to change."),
}  # fmt: skip

# Counted while content is added, before it becomes a document.
ADDING = {
    "direct_message": Reason(
        "A conversation of direct messages; it was not opened.",
        "Add the archive with --direct-messages: only the account's own messages come in, as private.",
    ),
    "message_of_others": Reason(
        "A direct message that someone else wrote.", "It is theirs to give: add their archive."
    ),
    "limited_audience": Reason(
        "A post to a circle or a community.", "It cannot be added: it was not written for everyone."
    ),
    "superseded_edit": Reason(
        "An older version of a post that its author edited later.", "Nothing is lost; the last version stays."
    ),
    "repeated_id": Reason(
        "A document with this id and text (or with this id of X) was already read in the same call.",
        "Nothing is lost; the first one stays.",
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
        "A post that the API names but did not give: deleted, protected or suspended.",
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
}  # fmt: skip

# Changed in documents that are kept.
MASKED = {
    "email": Reason("An e-mail address, masked as [email].", "Masking is always on."),
    "phone": Reason("A telephone number of 9 to 15 digits, masked as [phone].", "Masking is always on."),
    "iban": Reason("A bank account number with a valid checksum, masked as [iban].", "Masking is always on."),
}  # fmt: skip

REASONS = {**CURATION, **ADDING, **MASKED}


def explain(reason: str) -> str:
    """What `reason` means and how to change it, in two sentences.

    Raises GlaswerkError listing the known reasons for one that is not among them.
    """
    found = REASONS.get(reason) or REASONS.get(reason.replace("-", "_")) or REASONS.get(
        reason.replace("_", "-")
    )  # fmt: skip
    if found is None:
        near = get_close_matches(reason, REASONS, n=1)
        raise GlaswerkError(
            f"expected a reason ({', '.join(REASONS)}), found {reason!r}",
            hint=f"glaswerk explain {near[0] if near else 'near-duplicate'}",
        )
    return f"{found.meaning} {found.change}"
