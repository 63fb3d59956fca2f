"""Documents from files: markdown, text, JSON lines (plain or zstd) and Parquet, folders recursively."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from glaswerk.core.document import Document, Kind, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.archive import not_regular
from glaswerk.data.language import tidy_code
from glaswerk.data.lines import SUFFIXES, decode, read_lines
from glaswerk.data.parquet import read_rows
from glaswerk.data.posts import parse_time, retweeted_handle
from glaswerk.data.references import derived_from

TEXT_SUFFIXES = (".md", ".markdown", ".txt")
DOCUMENT_SUFFIXES = (*TEXT_SUFFIXES, *SUFFIXES, ".parquet")
# Dialogues and preferences have turns, which files of plain text do not.
PLAIN_KINDS = tuple(kind for kind in get_args(Kind) if kind not in ("dialogue", "preference"))
# A single text file beyond this is no document but a dump; JSON lines hold dumps.
TEXT_LIMIT = 256 * 10**6
_MAGIC = {".parquet": b"PAR1", ".zst": b"\x28\xb5\x2f\xfd"}
_FRONT = re.compile(r"\A---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_DERIVED = re.compile(r"^derived_from:[ \t]*(.*?)[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_FIELD = re.compile(r"^([A-Za-z_]+):[ \t]+(.+?)[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a document has where its file does not say otherwise."""

    source: str
    licence: str
    author: str = ""
    acquired: str = "own"
    kind: str = "page"


@dataclass(slots=True)
class Tally:
    """What was left out or could not be read, by reason."""

    left_out: Counter[str] = field(default_factory=Counter)
    unparsed_dates: int = 0
    # Where a row can give no document, or several.
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """An input file and its name within the source, which its documents' ids start with."""

    path: Path
    name: str


def find_files(paths: Sequence[Path], suffixes: Sequence[str], tally: Tally) -> list[Found]:
    """The files to read, sorted by name; hidden ones and other kinds inside folders are passed over.

    Raises GlaswerkError for a missing path, a named file of another kind or that is not regular (a
    pipe), one whose content does not match its name, and where nothing is found at all.
    """
    found = [file for path in paths for file in _under(path, suffixes, tally)]
    if not found:
        raise GlaswerkError(
            f"expected files of the kinds {', '.join(suffixes)}, found none in "
            f"{', '.join(map(str, paths)) or 'an empty list of paths'}",
            hint="name files or folders that hold such files",
        )
    repeated = [name for name, count in Counter(f.name for f in found).items() if count > 1]
    if repeated:
        raise GlaswerkError(
            f"expected files of different names, found {repeated[0]} twice among the paths",
            hint="add the folders one by one, each with its own --name",
        )
    for file in found:
        _check_content(file.path)
    return sorted(found, key=lambda file: file.name)


def _under(path: Path, suffixes: Sequence[str], tally: Tally) -> Iterator[Found]:
    if path.is_dir():
        for file in sorted(p for p in path.rglob("*") if p.is_file()):
            inside = file.relative_to(path)
            if any(part.startswith(".") for part in inside.parts):
                continue
            if file.name.lower().endswith(tuple(suffixes)):
                yield Found(file, inside.as_posix())
            else:
                tally.left_out["unsupported_file"] += 1
        return
    if not path.exists():
        raise GlaswerkError(f"expected a file or folder, found nothing at {path}", hint="check the path")
    if not path.name.lower().endswith(tuple(suffixes)):
        raise GlaswerkError(
            f"expected a file of the kinds {', '.join(suffixes)}, found {path}",
            hint="convert it to .txt, .md or .jsonl",
        )
    if not path.is_file():
        raise not_regular(path)
    yield Found(path, path.name)


def _check_content(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(512)
    magic = _MAGIC.get(path.suffix.lower())
    if magic is not None and not head.startswith(magic):
        raise GlaswerkError(
            f"expected {path} to begin with {magic!r} as a {path.suffix} file does, found {head[:8]!r}",
            hint="give it the ending that its content has, or fetch it again",
        )
    if magic is None and b"\0" in head:
        raise GlaswerkError(
            f"expected text in {path}, found binary data ({head[:8]!r}…)", hint="leave it out or convert it"
        )


def read_file(file: Found, defaults: Defaults, tally: Tally) -> Iterator[Document]:
    """Documents of one file, in its order."""
    name = file.name.lower()
    if name.endswith(TEXT_SUFFIXES):
        yield from _read_text(file, defaults, tally)
        return
    rows = enumerate(read_rows(file.path), start=1) if name.endswith(".parquet") else read_lines(file.path)
    for number, row in rows:
        if number == 1 and name.endswith(".parquet") and "text" not in row:
            raise GlaswerkError(
                f"expected a column 'text' in {file.path}, found {', '.join(row)}",
                hint="rename the column that holds the text to 'text'",
            )
        document = from_fields(row, f"{file.name}#{number}", f"{file.path}, row {number:,}", defaults, tally)
        if document is not None:
            yield document


def _read_text(file: Found, defaults: Defaults, tally: Tally) -> Iterator[Document]:
    size = file.path.stat().st_size
    if size > TEXT_LIMIT:
        raise GlaswerkError(
            f"expected a text below {TEXT_LIMIT:,} bytes, found {size:,} in {file.path}",
            hint="cut it into documents, one JSON object a line in a .jsonl file",
        )
    text = decode(file.path.read_bytes(), file.path)
    fields: dict[str, Any] = {}
    if not file.name.lower().endswith(".txt") and (front := _FRONT.match(text)):
        fields = {key.lower(): value.strip("\"'") for key, value in _FIELD.findall(front[1])}
        text = text[front.end() :].lstrip("\r\n")
        fields = {key: fields[key] for key in _FRONT_FIELDS if key in fields}
        if said := _DERIVED.search(front[1]):
            fields["derived_from"] = _links(said[1])
    document = from_fields({**fields, "text": text}, file.name, str(file.path), defaults, tally)
    if document is not None:
        yield document


def _links(said: str) -> list[str]:
    """Ids in front matter: one, or several in brackets. A blank stays: it is an error, not no link."""
    listed = said.removeprefix("[").removesuffix("]").split(",") if said.startswith("[") else [said]
    return [identifier.strip(" \"'") for identifier in listed]


_FRONT_FIELDS = ("author", "created_at", "date", "lang", "url", "licence", "license", "tdm_opt_out")


def from_fields(
    row: Mapping[str, Any], fallback_id: str, where: str, defaults: Defaults, tally: Tally
) -> Document | None:
    """A document from named fields, or None where it has no text (counted as `no_text`).

    Ids get the source's name in front, so that they are unique in the lab; ids of X (`x:…`) are so already.
    """
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        tally.left_out["no_text"] += 1
        return None
    identifier = _text_of(row, "id") or fallback_id
    kind = _kind(row, where, defaults)
    repeated = retweeted_handle(text) if kind == "post" else ""
    return Document(
        id=identifier if identifier.startswith("x:") else f"{defaults.source}:{identifier}",
        source=defaults.source,
        text=_with_title(text, _text_of(row, "title")),
        rights=rights_of(row, defaults),
        author=_text_of(row, "author") or defaults.author,
        created_at=_time(row, tally),
        lang=tidy_code(_text_of(row, "lang")),
        kind=kind,
        url=_text_of(row, "url"),
        reply_to=_text_of(row, "reply_to"),
        quote_of=_text_of(row, "quote_of"),
        retweet_of=_text_of(row, "retweet_of") or repeated,
        edit_of=_text_of(row, "edit_of"),
        derived_from=derived_from(row, where),
    )


def _text_of(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _with_title(text: str, title: str) -> str:
    """The title belongs to what a reader sees; many sets keep it beside the text."""
    return text if not title or text.lstrip().lower().startswith(title.lower()) else f"{title}\n\n{text}"


def rights_of(row: Mapping[str, Any], defaults: Defaults) -> Rights:
    """The rights that a row states, filled up with those of its source."""
    return Rights(
        licence=_text_of(row, "licence") or _text_of(row, "license") or defaults.licence,
        acquired=_text_of(row, "acquired") or defaults.acquired,
        audience=_text_of(row, "audience") or "public",
        tdm_opt_out=_text_of(row, "tdm_opt_out").lower() in {"true", "1", "yes"},
    )


def _kind(row: Mapping[str, Any], where: str, defaults: Defaults) -> str:
    kind = _text_of(row, "kind") or defaults.kind
    if kind not in PLAIN_KINDS:
        known = ", ".join(PLAIN_KINDS)
        raise GlaswerkError(
            f"expected a kind of document ({known}) in {where}, found {kind!r}",
            hint="dialogues are added with: glaswerk add chats FILE.jsonl --licence …",
        )
    return kind


def _time(row: Mapping[str, Any], tally: Tally) -> datetime | None:
    value = row.get("created_at") or row.get("date")
    if value is None or value == "":
        return None
    found = _moment(value)
    tally.unparsed_dates += found is None
    return found


def _moment(value: Any) -> datetime | None:
    """A time from Parquet, from ISO 8601 or X's form, or from seconds since 1970."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return datetime.fromtimestamp(value, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return parse_time(str(value))
