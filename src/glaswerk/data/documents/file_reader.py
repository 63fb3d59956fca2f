"""Documents of one file: unpacked, its format detected, its rows turned into documents, the rest counted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents import html
from glaswerk.data.documents.csv_rows import NoTextColumn
from glaswerk.data.documents.fields import Defaults, IngestCounts, from_fields
from glaswerk.data.documents.formats import ReadOptions, format_of
from glaswerk.data.documents.inner_lists import refuse_inner_list
from glaswerk.data.documents.opt_out import Robots, is_rules_file
from glaswerk.data.documents.reading import UnsupportedFile
from glaswerk.data.documents.records.social_rows import as_row
from glaswerk.data.documents.rows import rows_of
from glaswerk.data.documents.warc import read_rules
from glaswerk.data.documents.wrong_command import WrongCommand, admitted, is_left_out, refuse_archive
from glaswerk.data.files.bounded_call import TooCostly
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import ROBOTS_BYTES, ROW_COST_BYTES
from glaswerk.data.files.lines import broken
from glaswerk.data.files.stored import DAMAGE, StoredFile, Unpacker, damage_reason

# Damage in these raises an error: their author can fix them, and the error names the place.
_PLAIN = ("text", "lines", "list", "object", "table")
# Each row has fields that its author named, so a row may be a post or a message.
_ROWS = ("lines", "list", "object", "table", "parquet", "xlsx", "odf", "arrow", "sqlite")
# Nothing can be read from these if a part is broken.
_ALL_OR_NOTHING = ("epub", "parquet", "pdf", "docx", "pptx", "xlsx", "odf", "rtf", "notebook", "latex")


def read_file(
    file: InputFile, defaults: Defaults, options: ReadOptions, counts: IngestCounts
) -> Iterator[Document]:
    """Documents of one file, in its order.

    Raises GlaswerkError for a named file in an unsupported format, and for broken JSON, tables and text,
    with the place. Broken files inside a container are counted instead.
    """
    unpacker = Unpacker(counts.left_out)
    with file.path.open("rb") as raw:
        try:
            for stored in unpacker.files(raw, file.name):
                if not (stored.inside and _is_hidden(stored.name.removeprefix(file.name))):
                    yield from _documents(file, stored, defaults, options, counts)
        except DAMAGE as error:
            raise broken(file.label, error) from error


def _documents(
    file: InputFile, stored: StoredFile, defaults: Defaults, options: ReadOptions, counts: IngestCounts
) -> Iterator[Document]:
    """Documents of one stored file; what cannot be read is counted or raised as `read_file` says."""
    where = Path(stored.name if stored.inside else file.label)
    refuse_archive(stored.head, where)
    if is_left_out(stored, where, named=file.named):
        counts.left_out["private_message"] += 1
        return
    if is_rules_file(stored.name, stored.head):
        return  # collected before the first document, see `collect_rules`
    file_format, location = format_of(stored, options), _location(file, stored)
    try:
        for key, row in rows_of(file_format, stored, where, options, counts):
            stored.charge(ROW_COST_BYTES)
            place = f"{where}, row {key.removeprefix('#')}" if key else str(where)
            if file_format in _ROWS:
                row = options.names.read(as_row(admitted(row, place, stated=defaults.stated)))
            if file_format == "object":
                refuse_inner_list(row, where, options.names)
            opted_out = options.robots.disallows(str(row.get("url") or "").strip(), location)
            fields = {**row, "tdm_opt_out": True} if opted_out else row
            document = from_fields(fields, stored.name + key, place, defaults, counts)
            if document is not None:
                yield document
    except WrongCommand:
        raise
    except (UnsupportedFile, NoTextColumn) as error:
        if file.named and not stored.inside:
            raise
        counts.left_out[error.reason if isinstance(error, UnsupportedFile) else "no_text_column"] += 1
    except GlaswerkError as error:
        if not stored.inside:
            raise
        counts.damaged(stored.name, damage_reason(error.__cause__ or error, "broken_file"), error)
    except TooCostly:
        counts.left_out["too_big"] += 1
    except html.TooDeep:
        counts.left_out["nested_too_deep"] += 1
    except LeftOut as error:
        counts.damaged(stored.name, error.reason, error)
    except DAMAGE as error:
        if file_format in _PLAIN and not stored.inside:
            raise
        reason = "broken_file" if file_format in _ALL_OR_NOTHING else "cut_off"
        counts.damaged(stored.name, damage_reason(error, reason), error)


def collect_rules(file: InputFile, robots: Robots) -> None:
    """Collect the robots.txt and ai.txt files among the documents or in a web archive."""
    unpacker = Unpacker(IngestCounts().left_out)
    with suppress(OSError), file.path.open("rb") as raw:  # counted when the documents are read
        for stored in unpacker.files(raw, file.name):
            if is_rules_file(stored.name, stored.head):
                with suppress(*DAMAGE):
                    robots.add_folder(_location(file, stored), stored.stream.read(ROBOTS_BYTES))
            elif format_of(stored, ReadOptions()) == "warc":
                with suppress(*DAMAGE):  # counted when the pages are read
                    read_rules(stored.stream, robots)


def _location(file: InputFile, stored: StoredFile) -> str:
    """The path of a stored file, with its containers as folders."""
    return file.path.as_posix() + stored.name.removeprefix(file.name)


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
