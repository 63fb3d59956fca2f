"""The rows of a file in each format: what every document of it says, before it becomes a document."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents import html
from glaswerk.data.documents.arrow import read_arrow
from glaswerk.data.documents.csv_rows import NoTextColumn, read_table
from glaswerk.data.documents.epub import read_epub
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.documents.formats import ReadOptions, bare_name, text_head
from glaswerk.data.documents.front_matter import split_front_matter
from glaswerk.data.documents.mail.mailbox import read_mbox
from glaswerk.data.documents.mail.message import read_message
from glaswerk.data.documents.markup import typed
from glaswerk.data.documents.markup.feed import read_feed
from glaswerk.data.documents.markup.json_feed import is_json_feed, read_json_feed
from glaswerk.data.documents.markup.mediawiki import read_mediawiki
from glaswerk.data.documents.markup.notebook import read_notebook
from glaswerk.data.documents.markup.subtitles import subtitle_text
from glaswerk.data.documents.markup_formats import foreign_kind
from glaswerk.data.documents.navigation import is_navigation
from glaswerk.data.documents.office.ole import refuse_compound
from glaswerk.data.documents.office.open_document import (
    is_open_workbook,
    read_open_document,
    read_open_sheets,
)
from glaswerk.data.documents.office.open_xml import read_docx, read_pptx
from glaswerk.data.documents.office.xlsx import read_xlsx
from glaswerk.data.documents.pdf import read_pdf
from glaswerk.data.documents.reading import Rows, UnsupportedFile
from glaswerk.data.documents.sqlite import read_sqlite
from glaswerk.data.documents.warc import read_warc
from glaswerk.data.files import lines
from glaswerk.data.files.limits import JSON_VALUE_BYTES, MAIL_BYTES, MARKUP_BYTES, PAGE_BYTES, TEXT_FILE_BYTES
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.files.utf8 import as_plain_utf8, as_utf8, wide_encoding
from glaswerk.data.store.stored_rows import read_stored_rows


def rows_of(
    file_format: str, stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts
) -> Rows:
    """(suffix of the id after the file's name, fields) of every document in a file.

    `file_format` comes from `formats.format_of`. Raises UnsupportedFile if it is not a format that is read.
    """
    reader = _READERS.get(file_format)
    if reader is None:
        raise _unsupported(file_format, stored, where)
    yield from reader(stored, where, options, counts)


def _unsupported(file_format: str, stored: StoredFile, where: Path) -> UnsupportedFile:
    expected = "expected text, a table, JSON, HTML, a feed, an office document, PDF, mail or Parquet"
    kind = foreign_kind(text_head(stored.head), bare_name(stored.name)) if file_format == "foreign" else None
    if kind is None:
        found = f"binary data ({stored.head[:8]!r}…)"
        return UnsupportedFile(f"{expected}, found {found} in {where}", hint="leave it out or convert it")
    return UnsupportedFile(
        f"{expected}, found {kind[0]} in {where}", hint=f"glaswerk explain {kind[1]}", reason=kind[1]
    )


def _text(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    text = _decoded(stored, where, options)
    fields, words = ({}, text) if bare_name(stored.name).endswith(".txt") else split_front_matter(text)
    yield "", {**fields, "text": words}


def _decoded(stored: StoredFile, where: Path, options: ReadOptions) -> str:
    data = stored.stream.read(TEXT_FILE_BYTES + 1)
    if len(data) > TEXT_FILE_BYTES:
        raise GlaswerkError(
            f"expected a text below {TEXT_FILE_BYTES:,} bytes, found more in {where}",
            hint="split it into documents, one JSON object per line in a .jsonl file",
        )
    wide = wide_encoding(data)
    if wide:
        return data.decode(wide, "replace")
    return lines.decode(data, where, 0, options.encoding)


def _html(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    data = stored.whole(PAGE_BYTES)
    text = html.decode(data, "", options.encoding)
    if text is None:
        raise GlaswerkError(
            f"expected UTF-8 or a declared encoding in {where}, found neither", hint=lines.encoding_hint(data)
        )
    if is_navigation(stored.name, text):
        raise UnsupportedFile(
            f"expected a page with a text, found links to other files in {where}",
            hint="glaswerk explain navigation",
            reason="navigation",
        )
    yield "", html.read_page(text)


def _warc(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    for url, row in read_warc(stored.stream, options.robots, counts.left_out, options.encoding):
        yield f"/{url}", row


def _one(read: Callable[..., dict[str, Any] | None], limit: int) -> Callable[..., Rows]:
    """A reader for a format in which a file is one document."""

    def rows(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
        row = read(stored.whole(limit), counts.left_out)
        if row is not None:
            yield "", row

    return rows


def _epub(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    row = read_epub(stored.book, counts.left_out) if stored.book is not None else None
    if row is not None:
        yield "", row


def _mbox(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from read_mbox(stored.stream, counts.left_out, options.encoding)


def _eml(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    row = read_message(stored.whole(MAIL_BYTES), counts.left_out, options.encoding)
    if row is not None:
        yield "", row


def _rtf(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from typed.reader("rtf")(stored)


def _subtitles(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield "", {"text": subtitle_text(_decoded(stored, where, options))}


def _notebook(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    data = stored.whole(MARKUP_BYTES)
    yield "", read_notebook(lines.read_object(data, where, options.encoding))


def _latex(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from typed.reader("latex")(stored)


def _feed(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from read_feed(stored.stream, counts.left_out)


def _mediawiki(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from read_mediawiki(stored.stream, counts.left_out)


def _book(read: Callable[[zipfile.ZipFile], dict[str, Any]]) -> Callable[..., Rows]:
    """A reader for an office format in which a file is one document."""

    def rows(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
        if stored.book is not None:
            yield "", read(stored.book)

    return rows


def _odf(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    if stored.book is not None and is_open_workbook(stored.book):
        yield from read_open_sheets(stored.book, where, counts.left_out, options.text_column)
    elif stored.book is not None:
        yield "", read_open_document(stored.book)


def _xlsx(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    if stored.book is not None:
        yield from read_xlsx(stored.book, where, counts.left_out, options.text_column)


def _ole(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    refuse_compound(stored, where)
    yield from ()


def _arrow(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from read_arrow(stored, where, options.text_column)


def _sqlite(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from read_sqlite(stored, where, counts.left_out, options.text_column)


def _nothing(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    yield from ()


def _objects(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    for number, row in lines.read_objects(as_utf8(stored), where, options.encoding):
        if is_json_feed(row):
            yield from _json_feed(row, counts)
        else:
            yield f"#{number}", _chosen(row, options)


def _list(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    for number, row in lines.read_list(as_plain_utf8(stored), where):
        yield f"#{number}", _chosen(row, options)


def _object(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    data = as_utf8(stored).read(JSON_VALUE_BYTES + 1)
    if len(data) > JSON_VALUE_BYTES:
        raise GlaswerkError(
            f"expected a JSON object below {JSON_VALUE_BYTES:,} bytes in {where}, found a larger one",
            hint='write its documents as a list, or one per line: {"text": "…"}',
        )
    row = lines.read_object(data, where, options.encoding)
    if is_json_feed(row):
        yield from _json_feed(row, counts)
    else:
        yield "", _chosen(row, options)


def _json_feed(feed: Mapping[str, Any], counts: IngestCounts) -> Rows:
    for number, row in read_json_feed(feed, counts.left_out):
        yield f"#{number}", row


def _table(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    rows = read_table(as_utf8(stored), where, counts.left_out, options.text_column, options.encoding)
    for number, row in rows:
        yield f"#{number}", row


def _parquet(stored: StoredFile, where: Path, options: ReadOptions, counts: IngestCounts) -> Rows:
    for number, row in enumerate(read_stored_rows(stored, where), start=1):
        wanted = options.text_column
        if number == 1 and not (wanted in row or (not wanted and options.names.may_have_text(row))):
            raise NoTextColumn(
                f"expected a column {wanted or 'text'!r} in {where}, found {', '.join(row)}",
                hint="name the column that holds the text: --text-column NAME",
            )
        yield f"#{number}", _chosen(row, options)


def _chosen(row: Mapping[str, Any], options: ReadOptions) -> Mapping[str, Any]:
    """The row, with the column that the user chose as its text."""
    return {**row, "text": row.get(options.text_column)} if options.text_column else row


_READERS = cast(
    dict[str, Callable[[StoredFile, Path, ReadOptions, IngestCounts], Rows]],
    {
        "warc": _warc,
        "epub": _epub,
        "parquet": _parquet,
        "pdf": _one(read_pdf, TEXT_FILE_BYTES),
        "mbox": _mbox,
        "eml": _eml,
        "html": _html,
        "lines": _objects,
        "list": _list,
        "object": _object,
        "table": _table,
        "text": _text,
        "arrow": _arrow,
        "sqlite": _sqlite,
        "rtf": _rtf,
        "latex": _latex,
        "feed": _feed,
        "mediawiki": _mediawiki,
        "docx": _book(read_docx),
        "pptx": _book(read_pptx),
        "odf": _odf,
        "xlsx": _xlsx,
        "ole": _ole,
        "subtitles": _subtitles,
        "notebook": _notebook,
        # Describes the shards next to it.
        "data_set_info": _nothing,
    },
)
