"""Text that is written for programs: markup that is read, and kinds that are not, by their first bytes.

Without this, a contact card, a calendar or a drawing would come in as prose. The endings of plain text and
markdown decide where the beginning may be prose.
"""

from __future__ import annotations

import re

_BLANK = rb"\s*+"
_COMMENTS = rb"(?:\s*+<!--(?:[^-]|-(?!->))*+-->)*+\s*+"
_PROLOG = re.compile(rb"\s*+<\?xml\s")
# The first element: after instructions, comments and a document type without declarations of its own.
_ROOT = re.compile(
    rb"(?:\s*+(?:<\?[^>]*+>|<!--(?:[^-]|-(?!->))*+-->|<!DOCTYPE[^>\[]*+(?:\[[^\]]*+\]\s*+)?>))*+\s*+"
    rb"<(?:[\w.-]++:)?([\w.-]++)([^>]*+)",
    re.IGNORECASE,
)
# Roots that are read, and what is in the file if it is of the kind meant.
_READ_ROOTS = {
    b"mediawiki": ("mediawiki", b"<"),
    b"rss": ("feed", b"<"),
    b"feed": ("feed", b"atom"),
    b"rdf": ("feed", b"/rss/"),
}
# Elements with which a piece of a page begins; without <html>, browsers read it all the same.
_FRAGMENT = re.compile(
    _COMMENTS
    + rb"<(?:head|body|div|p|h[1-6]|article|section|main|header|table|ul|ol|blockquote|meta|title)[\s>]",
    re.IGNORECASE,
)
_NOTEBOOK = re.compile(rb'\s*+\{\s*+"(?:cells|metadata|nbformat|nbformat_minor|worksheets)"\s*+:')
_NOTEBOOK_KEY = re.compile(rb'"(?:cell_type|nbformat|worksheets)"\s*+:')
_DATA_SET = re.compile(rb'"(?:_data_files|_fingerprint|builder_name|citation|features|splits)"\s*+:')
_DATA_SET_NAMES = ("dataset_info.json", "dataset_dict.json", "state.json", "dataset_infos.json")
_CUE_TIME = rb"(?:\d{1,4}:)?\d{1,2}:\d{2}[,.]\d{1,3}"
_LINES_ENDINGS = (".jsonl", ".ndjson")
_SUBTITLES = re.compile(rb"\s*+(?:\d{1,9}[ \t]*+\r?\n)?" + _CUE_TIME + rb"[ \t]*+-->[ \t]*+" + _CUE_TIME)
_TEX = re.compile(
    rb"(?:\s*+(?:%[^\n]*+\n|\\(?:NeedsTeXFormat|RequirePackage|PassOptionsToPackage|def|let|makeatletter)"
    rb"[^\n]*+\n))*+\s*+\\(?:documentclass|documentstyle|begin\{document\})"
)
_TEX_WORD = re.compile(rb"\\(?:documentclass|begin|section|chapter|input|usepackage)\b")
# Kinds that are not read: the name, how it begins, and the reason under which it is counted.
_FOREIGN = tuple(
    (name, re.compile(_BLANK + pattern, re.IGNORECASE), reason)
    for name, pattern, reason in (
        ("a contact card (vCard)", rb"BEGIN:VCARD\b", "contact_card"),
        (
            "an address book (LDIF)",
            rb"(?:version:[^\n]*+\n\s*+|#[^\n]*+\n\s*+)*+dn:(?::[ ]|[ ]?[\w.]++=)",
            "contact_card",
        ),
        ("a calendar (iCalendar)", rb"BEGIN:V(?:CALENDAR|EVENT|TODO|JOURNAL)\b", "calendar"),
        ("a PostScript page", rb"%!(?:PS|FontType)", "program_text"),
        (
            "a patch",
            rb"(?:diff --git [ab\"/]|Index: [^\n]*+\n={20}|"
            rb"(?:diff [^\n]*+\n)?--- [^\n]++\n\+\+\+ [^\n]++\n@@ )",
            "program_text",
        ),
        # A signed message is prose between two of these lines.
        ("a key or certificate", rb"-----BEGIN (?!PGP SIGNED)[A-Z0-9 ]++-----", "program_text"),
        (
            "a key",
            rb"(?:age-encryption\.org/|ssh-(?:rsa|ed25519|dss) AAAA)",
            "program_text",
        ),
        ("a bibliography", rb"(?:%[^\n]*+\n\s*+)*+@[a-z]{3,20}[ ]?\{[^\s,{}]{1,99},\s", "program_text"),
        ("a playlist", rb"(?:#EXTM3U|\[playlist\])", "program_text"),
        ("subtitles with styles (SubStation)", rb"\[Script Info\]", "program_text"),
        (
            "a database dump",
            rb"(?:--[^\n]*+\n|/\*[^\n]*+\n|\s)*+(?:PRAGMA foreign_keys|SET (?:NAMES|statement_timeout|"
            rb"SQL_MODE|FOREIGN_KEY_CHECKS)|CREATE TABLE|DROP TABLE|/\*!\d)",
            "program_text",
        ),
        ("encoded binary data", rb"(?:begin(?:-base64)? [0-7]{3,4} \S|=ybegin )", "program_text"),
    )
)


def markup_format(head: bytes, name: str) -> str:
    """The format of markup that is read: mediawiki, feed, rtf, subtitles, latex, notebook, html; or "".

    Also `data_set_info`, which describes other files. `head` is UTF-8 or in a declared encoding, without
    mark; `name` is in lower case, without endings of compression.
    """
    if head.startswith(b"{\\rtf"):
        return "rtf"
    if _is_notebook(head, name):
        return "notebook"
    if name.rpartition("/")[2] in _DATA_SET_NAMES and _DATA_SET.search(head):
        return "data_set_info"
    if head.startswith(b"WEBVTT") or _SUBTITLES.match(head):
        return "subtitles"
    if _TEX.match(head) or (name.endswith((".tex", ".ltx")) and _TEX_WORD.search(head)):
        return "latex"
    root = _root(head, name)
    if root in _READ_ROOTS and _READ_ROOTS[root][1] in head.lower():
        return _READ_ROOTS[root][0]
    fragment = root is None and not _is_prose(name) and _FRAGMENT.match(head)
    return "html" if root == b"html" or fragment else ""


def foreign_kind(head: bytes, name: str) -> tuple[str, str] | None:
    """What a text in a format that is not read is, and the reason it counts under; None for other text.

    To be asked after `markup_format` found nothing.
    """
    for kind, pattern, reason in _FOREIGN:
        if pattern.match(head) and not (reason == "program_text" and _is_prose(name)):
            return kind, reason
    root = _root(head, name)
    if root is None or root == b"html":
        return None
    return f"XML of the kind <{root.decode('ascii', 'replace')[:40]}>", "other_xml"


def _root(head: bytes, name: str) -> bytes | None:
    """The name of the first element in lower case, without prefix, if the file is XML; None if it is not.

    XML has a prolog, a namespace, an ending that says so, or a root that is read.
    """
    found = _ROOT.match(head)
    if found is None:
        return b"?" if _PROLOG.match(head) else None
    root = found[1].lower()
    certain = _PROLOG.match(head) or name.endswith(".xml") or b"xmlns" in found[2]
    known = root in (b"mediawiki", b"rss") or (root == b"svg" and not _is_prose(name))
    return root if certain or known else None


def _is_notebook(head: bytes, name: str) -> bool:
    if name.endswith(_LINES_ENDINGS) or not _NOTEBOOK.match(head):
        return False
    return name.endswith(".ipynb") or _NOTEBOOK_KEY.search(head) is not None


def _is_prose(name: str) -> bool:
    return name.endswith((".txt", ".md", ".markdown"))
