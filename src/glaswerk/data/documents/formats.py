"""The format of a file, detected from its first bytes. The name decides only between kinds of plain text.

`rows.py` reads each format; `file_reader.py` turns the rows into documents.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from glaswerk.data.documents.csv_rows import is_tabbed, is_table
from glaswerk.data.documents.field_names import FieldNames
from glaswerk.data.documents.markup_formats import foreign_kind, markup_format
from glaswerk.data.documents.opt_out import Robots
from glaswerk.data.files.stored import StoredFile, book_format
from glaswerk.data.files.utf8 import wide_encoding

_HTML = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+<(?:!doctype\s++html|html[\s>])", re.I
)
_OBJECT = re.compile(rb'\s*\{\s*["}]')
_LIST = re.compile(rb"\s*\[\s*(?:\{|\Z)")
_BLANK_LINES = re.compile(rb"(?:[ \t]*+\r?\n)*+")
_MBOX = re.compile(rb"(?:[ \t]*+\r?\n)*+From \S.*\d{4}[ \t]*\r?\n(?:>?[!-9;-~]+:)")
_HEADER = re.compile(rb"([!-9;-~]++):.*(?:\n[ \t].*)*+(?:\n|\Z)")
# Two of these fields at the start of a file make it a mail, sent or draft; notes have at most a date.
_MAIL_FIELDS = frozenset(
    (
        b"from",
        b"to",
        b"cc",
        b"bcc",
        b"reply-to",
        b"sender",
        b"subject",
        b"date",
        b"message-id",
        b"in-reply-to",
        b"received",
        b"return-path",
        b"delivered-to",
        b"mime-version",
        b"content-type",
        b"x-unsent",
    )
)
# Control characters that text never contains; terminal logs have escapes, and old text files end in SUB.
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x19\x1c-\x1f\x7f]")
_LINES_ENDINGS, _TABLE_ENDINGS = (".jsonl", ".ndjson"), (".csv", ".tsv")
_HTML_ENDINGS = (".html", ".htm", ".xhtml")
# Mail is private, so the ending alone is enough; .emlx is Apple Mail's.
_MAIL_ENDINGS = {".eml": "eml", ".emlx": "eml", ".mbox": "mbox", ".mbx": "mbox"}
# The first line of these is prose: a heading with commas would pass for a header row.
_PROSE_ENDINGS = (".txt", ".md", ".markdown")
_MARKUP_ENDINGS = (".xml", ".rss", ".atom", ".srt", ".vtt", ".tex", ".ltx", ".ipynb")
_TEXT_ENDINGS = (
    *_PROSE_ENDINGS,
    ".json",
    *_LINES_ENDINGS,
    *_TABLE_ENDINGS,
    *_HTML_ENDINGS,
    *_MAIL_ENDINGS,
    *_MARKUP_ENDINGS,
)
_PACKED_ENDINGS = (".gz", ".bz2", ".zst", ".xz")
_MAGIC = (
    (b"WARC/", "warc"),
    (b"PAR1", "parquet"),
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"ARROW1\0\0", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),
    (b"SQLite format 3\0", "sqlite"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"),
)


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What decides how files are read, besides their bytes.

    `text_column` names the column of the text, `encoding` is for files that are neither UTF-8 nor declare
    one, `robots` holds the rules of sites against training, and `names` what the fields of rows are called.
    """

    text_column: str = ""
    encoding: str = ""
    robots: Robots = field(default_factory=Robots)
    names: FieldNames = field(default_factory=FieldNames)


def format_of(stored: StoredFile, options: ReadOptions) -> str:
    """The format: text, lines, list, object, table, html, warc, epub, pdf, mbox, eml, parquet, arrow, sqlite,
    docx, pptx, xlsx, odf, rtf, subtitles, notebook, latex, feed, mediawiki or data_set_info.

    `lines`, `list` and `object` are JSON. `foreign` for text in a format that is not read, "" for bytes.
    """
    head, name = stored.head, bare_name(stored.name)
    if stored.book is not None:
        return book_format(set(stored.book.namelist()))
    known = next((found for magic, found in _MAGIC if head.startswith(magic)), "")
    if known:
        return known
    head = text_head(head)
    if _BINARY.search(head) or not _is_text(head, name, options):
        return ""
    return _text_format(head, name, options)


def text_head(head: bytes) -> bytes:
    """The first bytes of a text as UTF-8 without mark, if they are in UTF-16 or UTF-32."""
    wide = wide_encoding(head)
    if wide:
        head = head[: len(head) // 4 * 4].decode(wide, "replace").encode("utf-8", "replace")
    return head.removeprefix(codecs.BOM_UTF8)


def bare_name(name: str) -> str:
    """The name in lower case, without endings of compression such as `.gz`."""
    name = name.lower()
    while name.endswith(_PACKED_ENDINGS):
        name = name.rpartition(".")[0]
    return name


def _is_text(head: bytes, name: str, options: ReadOptions) -> bool:
    """Whether the bytes are UTF-8, or the name or the user says that they are text."""
    if options.encoding or name.endswith(_TEXT_ENDINGS) or _HTML.match(head):
        return True
    if _MBOX.match(head) or _is_mail(head):
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _text_format(head: bytes, name: str, options: ReadOptions) -> str:
    mail = next((kind for ending, kind in _MAIL_ENDINGS.items() if name.endswith(ending)), "")
    if mail:
        return mail
    if _HTML.match(head) or name.endswith(_HTML_ENDINGS):
        return "html"
    markup = markup_format(head, name)
    if markup:
        return markup
    if foreign_kind(head, name):
        return "foreign"
    if _MBOX.match(head):
        return "mbox"
    if name.endswith(_LINES_ENDINGS) and not _LIST.match(head):
        return "lines"
    if _OBJECT.match(head):
        return "lines" if _begins_with_object(head) else "object"
    if _LIST.match(head):
        return "list"
    if name.endswith(".json") and head.strip():
        # Not JSON, or none that has documents: its reader says so, instead of taking markup as text.
        return "object" if head.lstrip().startswith(b"{") else "list"
    first = head.partition(b"\n")[0].decode("utf-8", "replace").strip("\r")
    prose = name.endswith(_PROSE_ENDINGS) and not is_tabbed(head)
    may_be_table = bool(options.text_column) or not prose
    if name.endswith(_TABLE_ENDINGS) or (may_be_table and is_table(first, options.text_column)):
        return "table"
    return "eml" if _is_mail(head) else "text"


def _begins_with_object(head: bytes) -> bool:
    """Whether the first line is a complete JSON object, even a broken one, and not just the start of one."""
    first, end, _ = head.lstrip().partition(b"\n")
    return not end or first.rstrip().endswith(b"}")


def _is_mail(head: bytes) -> bool:
    """Whether a file starts with a mail header: only header fields, at least two of them those of mail."""
    found: set[bytes] = set()
    place = match.end() if (match := _BLANK_LINES.match(head)) else 0
    while match := _HEADER.match(head, place):
        found.add(match[1].lower())
        place = match.end()
    ends = place == len(head) or head.startswith((b"\n", b"\r\n"), place)
    return ends and len(found & _MAIL_FIELDS) > 1
