"""What a file is, by its content, and its documents. Its ending decides only between kinds of plain text."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents import html
from glaswerk.data.documents.csv_rows import NoTextColumn, is_table, read_table
from glaswerk.data.documents.epub import read_epub
from glaswerk.data.documents.fields import Defaults, Tally, from_fields
from glaswerk.data.documents.front_matter import split_front_matter
from glaswerk.data.documents.mail import MESSAGE_LIMIT, read_mbox, read_message
from glaswerk.data.documents.opt_out import ROBOTS_LIMIT, Robots, is_rules_file
from glaswerk.data.documents.pdf import read_pdf
from glaswerk.data.documents.refused import Refused, refuse_answer, refuse_archive
from glaswerk.data.documents.warc import read_rules, read_warc
from glaswerk.data.files import lines
from glaswerk.data.files.inputs import Found
from glaswerk.data.files.stored import DAMAGE, Bomb, Stored, Unpacker
from glaswerk.data.store.parquet import read_rows

# A single text file beyond this is no document but a dump; JSON lines hold dumps.
TEXT_LIMIT = 256 * 10**6
_HTML = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?+(?:<!--(?:[^-]|-(?!->))*+-->\s*+)*+<(?:!doctype\s++html|html[\s>])", re.I
)
_OBJECT = re.compile(rb'\s*\{\s*["}]')
_LIST = re.compile(rb"\s*\[\s*(?:\{|\Z)")
_BLANK_LINES = re.compile(rb"(?:[ \t]*+\r?\n)*+")
_MBOX = re.compile(rb"(?:[ \t]*+\r?\n)*+From \S.*\d{4}[ \t]*\r?\n(?:>?[!-9;-~]+:)")
_HEADER = re.compile(rb"([!-9;-~]++):.*(?:\n[ \t].*)*+(?:\n|\Z)")
# Two of these at the head of a file are those of a mail, sent or not; notes have at most a date.
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
_WIDE = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Control characters that no text has; a terminal's log has escapes, an old text file ends in SUB.
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x19\x1c-\x1f\x7f]")
_LINES_ENDINGS, _TABLE_ENDINGS = (".jsonl", ".ndjson"), (".csv", ".tsv")
_HTML_ENDINGS = (".html", ".htm", ".xhtml")
# Mail is private, so that its ending suffices; .emlx is that of Apple's program.
_MAIL_ENDINGS = {".eml": "eml", ".emlx": "eml", ".mbox": "mbox", ".mbx": "mbox"}
# Of these the first line is words: a heading with commas would pass for the names of columns.
_PROSE_ENDINGS = (".txt", ".md", ".markdown")
_TEXT_ENDINGS = (*_PROSE_ENDINGS, ".json", *_LINES_ENDINGS, *_TABLE_ENDINGS, *_HTML_ENDINGS, *_MAIL_ENDINGS)
_PACKED_ENDINGS = (".gz", ".bz2", ".zst", ".xz")
# Of these nothing is left out: who wrote them can mend them, and finds the place in the error.
_PLAIN = ("text", "lines", "list", "object", "table")
# Of these nothing can be read where a part is broken.
_WHOLE = ("epub", "parquet", "pdf")


@dataclass(frozen=True, slots=True)
class Reading:
    """What decides how files are read, beside their bytes."""

    text_column: str = ""
    encoding: str = ""
    robots: Robots = field(default_factory=Robots)


class Unfit(GlaswerkError):
    """A file that is not of a kind that is read; `reason` is what it is counted under inside a folder."""

    def __init__(self, reason: str, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


def read_file(file: Found, defaults: Defaults, reading: Reading, tally: Tally) -> Iterator[Document]:
    """Documents of one file, in its order.

    Raises GlaswerkError for a file that the user named and that is of no kind that is read, and for broken
    JSON, tables and text, with their place. What is broken in a container is counted.
    """
    unpacker = Unpacker(tally.left_out)
    with file.path.open("rb") as raw:
        try:
            for stored in unpacker.files(raw, file.name):
                if not (stored.inside and _is_hidden(stored.name.removeprefix(file.name))):
                    yield from _documents(file, stored, defaults, reading, tally)
        except DAMAGE as error:
            raise lines.broken(file.label, error) from error


def _documents(
    file: Found, stored: Stored, defaults: Defaults, reading: Reading, tally: Tally
) -> Iterator[Document]:
    """Documents of one file where it lies; what cannot be read is counted or raised as above."""
    where = Path(stored.name if stored.inside else file.label)
    refuse_archive(stored.head, where)
    if is_rules_file(stored.name, stored.head):
        return  # collected before the first document, see `collect_rules`
    kind, lies = kind_of(stored, reading), _place(file, stored)
    try:
        for key, row in _rows(kind, stored, where, reading, tally):
            place = f"{where}, row {key.removeprefix('#')}" if key else str(where)
            kept_out = reading.robots.disallows(str(row.get("url") or "").strip(), lies)
            fields = {**row, "tdm_opt_out": True} if kept_out else row
            document = from_fields(fields, stored.name + key, place, defaults, tally)
            if document is not None:
                yield document
    except Refused:
        raise
    except (Unfit, NoTextColumn) as error:
        if file.named and not stored.inside:
            raise
        tally.left_out[error.reason if isinstance(error, Unfit) else "no_text_column"] += 1
    except GlaswerkError:
        if not stored.inside:
            raise
        tally.left_out["broken_file"] += 1
    except html.TooDeep:
        tally.left_out["nested_too_deep"] += 1
    except DAMAGE as error:
        if kind in _PLAIN and not stored.inside:
            raise
        reason = "broken_file" if kind in _WHOLE else "cut_off"
        tally.left_out["bomb" if isinstance(error, Bomb) else reason] += 1


def collect_rules(file: Found, robots: Robots) -> None:
    """The robots.txt and ai.txt files among the documents or in a web archive, wherever they lie."""
    unpacker = Unpacker(Tally().left_out)
    with file.path.open("rb") as raw:
        for stored in unpacker.files(raw, file.name):
            if is_rules_file(stored.name, stored.head):
                with suppress(*DAMAGE):
                    robots.add_folder(_place(file, stored), stored.stream.read(ROBOTS_LIMIT))
            elif kind_of(stored, Reading()) == "warc":
                try:
                    read_rules(stored.stream, robots)
                except DAMAGE:
                    continue  # counted when its pages are read


def _place(file: Found, stored: Stored) -> str:
    """Where a file lies, its containers taken for folders."""
    return file.path.as_posix() + stored.name.removeprefix(file.name)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))


def kind_of(stored: Stored, reading: Reading) -> str:
    """A key of `_READERS`, or "" for what is none of them."""
    head, name = stored.head, _bare(stored.name)
    if stored.book is not None:
        return "epub"
    for magic, kind in ((b"WARC/", "warc"), (b"PAR1", "parquet"), (b"%PDF-", "pdf")):
        if head.startswith(magic):
            return kind
    if head.startswith(_WIDE):
        head = head[: len(head) // 4 * 4].decode(_wide(head), "replace").encode("utf-8", "replace")
    head = head.removeprefix(codecs.BOM_UTF8)
    if _BINARY.search(head) or not _is_text(head, name, reading):
        return ""
    return _kind_of_text(head, name, reading)


def _is_text(head: bytes, name: str, reading: Reading) -> bool:
    """UTF-8, or something else that its name or the user says is text."""
    if reading.encoding or name.endswith(_TEXT_ENDINGS) or _HTML.match(head):
        return True
    if _MBOX.match(head) or _is_mail(head):
        return True
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _kind_of_text(head: bytes, name: str, reading: Reading) -> str:
    mail = next((kind for ending, kind in _MAIL_ENDINGS.items() if name.endswith(ending)), "")
    if mail:
        return mail
    if _HTML.match(head) or name.endswith(_HTML_ENDINGS):
        return "html"
    if _MBOX.match(head):
        return "mbox"
    if name.endswith(_LINES_ENDINGS) and not _LIST.match(head):
        return "lines"
    if _OBJECT.match(head):
        return "lines" if _begins_with_object(head) else "object"
    if _LIST.match(head):
        return "list"
    first = head.partition(b"\n")[0].decode("utf-8", "replace").strip("\r")
    may_be_table = bool(reading.text_column) or not name.endswith(_PROSE_ENDINGS)
    if name.endswith(_TABLE_ENDINGS) or (may_be_table and is_table(first, reading.text_column)):
        return "table"
    return "eml" if _is_mail(head) else "text"


def _begins_with_object(head: bytes) -> bool:
    """Whether the first line is an object, whole or broken, and not only the beginning of one."""
    first, end, _ = head.lstrip().partition(b"\n")
    return not end or first.rstrip().endswith(b"}")


def _is_mail(head: bytes) -> bool:
    """Whether a file begins with the header of a mail: nothing but fields, two of them those of mail."""
    found: set[bytes] = set()
    place = match.end() if (match := _BLANK_LINES.match(head)) else 0
    while match := _HEADER.match(head, place):
        found.add(match[1].lower())
        place = match.end()
    ends = place == len(head) or head.startswith((b"\n", b"\r\n"), place)
    return ends and len(found & _MAIL_FIELDS) > 1


def _bare(name: str) -> str:
    """The name in lower case without the endings of compression."""
    name = name.lower()
    while name.endswith(_PACKED_ENDINGS):
        name = name.rpartition(".")[0]
    return name


def _wide(head: bytes) -> str:
    return "utf-32" if head.startswith(_WIDE[:2]) else "utf-16"


Rows = Iterator[tuple[str, Mapping[str, Any]]]


def _rows(kind: str, stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    """(what follows the file's name in the id, fields) of every document of a file."""
    reader = _READERS.get(kind)
    if reader is None:
        raise Unfit(
            "unsupported_file",
            f"expected text, a table, JSON, HTML, WARC, EPUB, PDF, mail or Parquet, found binary data "
            f"({stored.head[:8]!r}…) in {where}",
            hint="leave it out or convert it",
        )
    yield from reader(stored, where, reading, tally)


def _text(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    text = _decoded(stored, where, reading)
    fields, words = ({}, text) if _bare(stored.name).endswith(".txt") else split_front_matter(text)
    yield "", {**fields, "text": words}


def _decoded(stored: Stored, where: Path, reading: Reading) -> str:
    data = stored.stream.read(TEXT_LIMIT + 1)
    if len(data) > TEXT_LIMIT:
        raise GlaswerkError(
            f"expected a text below {TEXT_LIMIT:,} bytes, found more in {where}",
            hint="cut it into documents, one JSON object a line in a .jsonl file",
        )
    if data.startswith(_WIDE):
        return data.decode(_wide(data), "replace")
    return lines.decode(data, where, 0, reading.encoding)


def _html(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    text = html.decode(stored.whole(html.PAGE_LIMIT), "", reading.encoding)
    if text is None:
        raise GlaswerkError(
            f"expected UTF-8 or a declared encoding in {where}, found neither",
            hint="say its encoding: --encoding windows-1252",
        )
    yield "", html.read_page(text)


def _warc(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    for url, row in read_warc(stored.stream, reading.robots, tally.left_out, reading.encoding):
        yield f"/{url}", row


def _one(read: Callable[..., dict[str, Any] | None], limit: int) -> Callable[..., Rows]:
    """A reader for a format that is one document."""

    def rows(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
        row = read(stored.whole(limit), tally.left_out)
        if row is not None:
            yield "", row

    return rows


def _epub(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    row = read_epub(stored.book, tally.left_out) if stored.book is not None else None
    if row is not None:
        yield "", row


def _mbox(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    yield from read_mbox(stored.stream, tally.left_out, reading.encoding)


def _eml(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    row = read_message(stored.whole(MESSAGE_LIMIT), tally.left_out, reading.encoding)
    if row is not None:
        yield "", row


def _objects(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    for number, row in lines.read_objects(_narrow(stored), where, reading.encoding):
        refuse_answer(row, f"{where}, line {number:,}")
        yield f"#{number}", _chosen(row, reading)


def _list(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    for number, row in lines.read_list(plain_utf8(stored), where):
        refuse_answer(row, f"{where}, value {number:,}")
        yield f"#{number}", _chosen(row, reading)


def _object(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    data = _narrow(stored).read(lines.VALUE_LIMIT + 1)
    if len(data) > lines.VALUE_LIMIT:
        raise GlaswerkError(
            f"expected a JSON object below {lines.VALUE_LIMIT:,} bytes in {where}, found a larger one",
            hint='write its documents as a list or a line each: {"text": "…"}',
        )
    row = lines.read_object(data, where, reading.encoding)
    refuse_answer(row, where)
    yield "", _chosen(row, reading)


def _table(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    rows = read_table(_narrow(stored), where, tally.left_out, reading.text_column, reading.encoding)
    for number, row in rows:
        yield f"#{number}", row


def _parquet(stored: Stored, where: Path, reading: Reading, tally: Tally) -> Rows:
    # In place where it can be: reading all of it into memory would cost its size.
    plain = isinstance(stored.stream.raw, io.FileIO)
    rows = read_rows(where, file=stored.stream if plain else io.BytesIO(stored.whole()))
    for number, row in enumerate(rows, start=1):
        wanted = reading.text_column or "text"
        if number == 1 and wanted not in row:
            raise NoTextColumn(
                f"expected a column {wanted!r} in {where}, found {', '.join(row)}",
                hint="say which column holds the text: --text-column NAME",
            )
        yield f"#{number}", _chosen(row, reading)


def _chosen(row: Mapping[str, Any], reading: Reading) -> Mapping[str, Any]:
    """The row with the column that the user chose as its text."""
    return {**row, "text": row.get(reading.text_column)} if reading.text_column else row


def plain_utf8(stored: Stored) -> io.BufferedReader:
    """The bytes as UTF-8 without a byte order mark."""
    stream = _narrow(stored)
    if stored.head.startswith(codecs.BOM_UTF8):
        stream.read(len(codecs.BOM_UTF8))
    return stream


def _narrow(stored: Stored) -> io.BufferedReader:
    """The bytes as UTF-8 where a byte order mark says that they are UTF-16 or UTF-32."""
    if not stored.head.startswith(_WIDE):
        return stored.stream
    return io.BufferedReader(_Narrow(stored.stream, _wide(stored.head)))


class _Narrow(io.RawIOBase):
    """UTF-16 or UTF-32 read as UTF-8."""

    def __init__(self, stream: io.BufferedReader, encoding: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)("replace")  # which takes the mark away
        self._ready = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._ready:
            piece = self._stream.read(1 << 16)
            self._ready = self._decoder.decode(piece, final=not piece).encode("utf-8", "replace")
            if not piece:
                break
        part, self._ready = self._ready[: len(buffer)], self._ready[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)


_READERS = cast(
    dict[str, Callable[[Stored, Path, Reading, Tally], Rows]],
    {
        "warc": _warc,
        "epub": _epub,
        "parquet": _parquet,
        "pdf": _one(read_pdf, TEXT_LIMIT),
        "mbox": _mbox,
        "eml": _eml,
        "html": _html,
        "lines": _objects,
        "list": _list,
        "object": _object,
        "table": _table,
        "text": _text,
    },
)
