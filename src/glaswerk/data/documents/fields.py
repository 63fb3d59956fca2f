"""Documents from named fields, whatever file they come from; the input files, and counts of what is left out.

A row with `text` and optional id, title, author, created_at, lang, url, licence and links becomes a Document
here. Every reader of documents, dialogues and pictures uses it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

from glaswerk.core.document import Document, Kind, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.bad_files import BadFiles, is_hollow
from glaswerk.data.files.inputs import InputFile, find_inputs, unreadable
from glaswerk.data.files.limits import UNPACK_RATIO
from glaswerk.data.files.lines import broken
from glaswerk.data.language import tidy_code
from glaswerk.data.references import X_PREFIX, derived_from, retweeted_handle
from glaswerk.data.store.new_source import ORIGINS
from glaswerk.data.times import time_of

# Dialogues and preferences have turns, which plain text does not.
PLAIN_KINDS = tuple(kind for kind in get_args(Kind) if kind not in ("dialogue", "preference"))
_AUDIENCES = ("public", "limited", "private")
_YES, _NO = ("true", "yes", "1", "1.0"), ("false", "no", "0", "0.0")
_MAGIC = {".parquet": b"PAR1", ".zst": b"\x28\xb5\x2f\xfd"}
# Ids of X are globally unique, and a handle is not an id: neither gets the source's name as prefix.
_GLOBAL = (X_PREFIX, "@")


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a document gets if its file does not say otherwise."""

    source: str
    licence: str
    author: str = ""
    acquired: str = "own"
    kind: str = "page"
    # Whether the user said how the content was acquired; else "own" is assumed.
    stated: bool = False


@dataclass(slots=True)
class IngestCounts:
    """What was left out or could not be read while adding one source, by reason.

    A bad file in a folder or container is named in `bad`, and adding goes on; with `strict` it stops there.
    """

    left_out: Counter[str] = field(default_factory=Counter)
    unparsed_dates: int = 0
    # Rows read, if one row can give no document or several.
    rows: int = 0
    bad: BadFiles = field(default_factory=BadFiles)
    strict: bool = False

    def spare(self, file: InputFile, reason: str, error: GlaswerkError) -> None:
        """Count and name a bad file that was found in a folder. Raises `error` if the user named the file."""
        if file.named:
            raise error
        self.damaged(file.name, reason, error)

    def damaged(self, name: str, reason: str, error: Exception) -> None:
        """Count and name a bad file. Raises GlaswerkError if `strict`."""
        if self.strict:
            raise error if isinstance(error, GlaswerkError) else broken(name, error)
        self.left_out[reason] += 1
        self.bad.add(name, reason, error)


def find_files(paths: Sequence[Path], suffixes: Sequence[str], counts: IngestCounts) -> list[InputFile]:
    """The files to read, sorted by name; with `suffixes`, only files with one of these endings.

    Raises GlaswerkError for a missing path, a named file with another ending, that is not regular (a pipe) or
    whose content contradicts its name, and if no file is found. Such files in folders are counted.
    """
    meant = [f for f in find_inputs(paths, counts.left_out, counts.bad) if _is_meant(f, suffixes, counts)]
    found = [file for file in meant if _is_sound(file, suffixes, counts)]
    if not found:
        raise GlaswerkError(
            f"expected files{' that end in ' if suffixes else ''}{', '.join(suffixes)}, found none in "
            f"{', '.join(map(str, paths)) or 'an empty list of paths'}",
            hint="name such files, or folders that contain them",
        )
    repeated = [name for name, count in Counter(f.name for f in found).items() if count > 1]
    if repeated:
        raise GlaswerkError(
            f"expected files of different names, found {repeated[0]} twice among the paths",
            hint="add the folders separately, each with its own --name",
        )
    return sorted(found, key=lambda file: file.name)


def _is_meant(file: InputFile, suffixes: Sequence[str], counts: IngestCounts) -> bool:
    if not suffixes or file.name.lower().endswith(tuple(suffixes)):
        return True
    if file.named:
        raise GlaswerkError(
            f"expected a file that ends in {', '.join(suffixes)}, found {file.label}",
            hint="convert it to .jsonl",
        )
    counts.left_out["unsupported_file"] += 1
    return False


def _is_sound(file: InputFile, suffixes: Sequence[str], counts: IngestCounts) -> bool:
    """Whether a file can be opened, is no bomb, and begins as its ending says; if not, it is counted."""
    try:
        if is_hollow(file.path):
            counts.spare(file, "bomb", _hollow(file.label))
            return False
        if suffixes:
            _check_content(file.path)
    except OSError as error:
        counts.spare(file, "unreadable", unreadable(file.label, error))
        return False
    except GlaswerkError as error:
        counts.spare(file, "broken_file", error)
        return False
    return True


def _hollow(label: str) -> GlaswerkError:
    return GlaswerkError(
        f"expected a file of content, found {label}, of which less than 1 byte in {UNPACK_RATIO} is stored "
        "(a sparse file)",
        hint="copy the part with content to another file, and add that",
    )


def _check_content(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(512)
    magic = _MAGIC.get(path.suffix.lower())
    if magic is not None and not head.startswith(magic):
        raise GlaswerkError(
            f"expected {path} to begin with {magic!r} as a {path.suffix} file does, found {head[:8]!r}",
            hint="rename it to match its content, or fetch it again",
        )
    packed = path.suffix.lower() in (".gz", ".bz2", ".xz", ".zip")
    if magic is None and not packed and b"\0" in head:
        raise GlaswerkError(
            f"expected text in {path}, found binary data ({head[:8]!r}…)", hint="leave it out or convert it"
        )


def from_fields(
    row: Mapping[str, Any], fallback_id: str, where: str, defaults: Defaults, counts: IngestCounts
) -> Document | None:
    """A document from named fields; None, counted by reason, if it has no text or its author deleted it.

    The id gets the source's name as prefix, to be unique in the lab. Ids of X (`x:…`) already are.
    """
    text = row.get("text")
    # Text contains no NUL: the writer removes it, so a text of nothing else is none.
    if not isinstance(text, str) or not text.replace("\0", "").strip():
        counts.left_out["no_text"] += 1
        return None
    if reason := _not_kept(row, text):
        counts.left_out[reason] += 1
        return None
    identifier = _text_of(row, "id") or fallback_id
    kind = _kind(row, where, defaults)
    repeated = retweeted_handle(text) if kind == "post" or row.get("is_retweet") else ""
    return Document(
        id=identifier if identifier.startswith(X_PREFIX) else f"{defaults.source}:{identifier}",
        source=defaults.source,
        text=_with_title(text, _text_of(row, "title")),
        rights=rights_of(row, where, defaults),
        author=_text_of(row, "author") or defaults.author,
        created_at=_time(row, counts),
        lang=tidy_code(_text_of(row, "lang")),
        kind=kind,
        url=_text_of(row, "url"),
        reply_to=_edge(row, "reply_to", defaults),
        quote_of=_edge(row, "quote_of", defaults),
        retweet_of=_edge(row, "retweet_of", defaults) or repeated,
        edit_of=_edge(row, "edit_of", defaults),
        derived_from=derived_from(row, where),
    )


def _not_kept(row: Mapping[str, Any], text: str) -> str:
    """Why a post is left out that says so itself: its author deleted it, or it repeats another's words.

    A repost with its author's name or its original's id is kept as such: `glaswerk curate` decides about it.
    """
    if _text_of(row, "is_deleted").lower() in (*_YES, "t"):
        return "deleted"
    reposts = _text_of(row, "is_retweet").lower() in (*_YES, "t")
    return "retweet" if reposts and not row.get("retweet_of") and not retweeted_handle(text) else ""


def _edge(row: Mapping[str, Any], key: str, defaults: Defaults) -> str:
    """Another document's id, written as that document's own id is."""
    value = _text_of(row, key)
    return value if not value or value.startswith(_GLOBAL) else f"{defaults.source}:{value}"


def _text_of(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    return "" if isinstance(value, list | dict) else str(value).strip()


def _with_title(text: str, title: str) -> str:
    """The text with the title above it: readers see both, but many data sets keep them apart."""
    begins = text.lstrip("# \t\r\n").lower()  # it may be a markdown heading
    after = begins[len(title) :]
    repeated = begins.startswith(title.lower()) and not (title[-1:].isalnum() and after[:1].isalnum())
    return text if not title or repeated else f"{title}\n\n{text}"


def rights_of(row: Mapping[str, Any], where: str, defaults: Defaults) -> Rights:
    """The rights that a row states, completed with those of its source.

    If the user said that the origin is unknown, no row can override it. Raises GlaswerkError naming `where`
    for an unknown origin, audience or reservation: guessing could publish what is not public.
    """
    acquired = _one_of(row, "acquired", ORIGINS, where) or defaults.acquired
    return Rights(
        licence=_text_of(row, "licence") or _text_of(row, "license") or defaults.licence,
        acquired="unknown" if defaults.acquired == "unknown" else acquired,
        audience=_one_of(row, "audience", _AUDIENCES, where) or "public",
        tdm_opt_out=_one_of(row, "tdm_opt_out", (*_YES, *_NO), where) in _YES,
    )


def _one_of(row: Mapping[str, Any], key: str, known: Sequence[str], where: str) -> str:
    """The value of `key` in lower case; "" if there is none."""
    value = row.get(key)
    word = "" if value is None else str(value).strip().lower()
    if word and word not in known:
        raise GlaswerkError(
            f"expected {key!r} to be one of {', '.join(known)} in {where}, found {word[:60]!r}",
            hint=f"correct it there, or say that the field is something else: --map {key}=",
        )
    return word


def who_and_when(
    row: Mapping[str, Any], names: Sequence[str], counts: IngestCounts
) -> tuple[str, datetime | None]:
    """The author of a row, from the first of `names` that it has, and its time."""
    return next((found for name in names if (found := _text_of(row, name))), ""), _time(row, counts)


def _kind(row: Mapping[str, Any], where: str, defaults: Defaults) -> str:
    kind = _text_of(row, "kind") or defaults.kind
    if kind not in PLAIN_KINDS:
        known = ", ".join(PLAIN_KINDS)
        raise GlaswerkError(
            f"expected a kind of document ({known}) in {where}, found {kind!r}",
            hint="to add dialogues: glaswerk add chats FILE.jsonl --licence …",
        )
    return kind


def _time(row: Mapping[str, Any], counts: IngestCounts) -> datetime | None:
    value = row.get("created_at") or row.get("date")
    if value is None or value == "":
        return None
    found = time_of(value)
    counts.unparsed_dates += found is None
    return found
