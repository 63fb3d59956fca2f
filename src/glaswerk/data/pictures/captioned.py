"""Pictures with captions from folders, webdataset tars and Parquet files. Nothing is unpacked to disk."""

from __future__ import annotations

import io
import json
import posixpath
import re
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import PICTURE_CAPTIONS
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.files.inputs import InputFile, find_inputs, not_regular
from glaswerk.data.files.limits import CAPTION_BYTES, PICTURE_BYTES, PICTURE_TAR_FREE_BYTES, UNPACK_RATIO
from glaswerk.data.files.lines import read_objects
from glaswerk.data.files.stored import DAMAGE, Bomb, BoundedMember, packing
from glaswerk.data.store.parquet import broken_parquet, encodable_text, read_rows
from glaswerk.data.store.stored_rows import within_ratio

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif")
TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".tar.zst")
PARQUET = ".parquet"
# Pictures in other formats: vector graphics, documents and proprietary formats.
_UNSUPPORTED = (
    ".svg",
    ".bmp",
    ".tif",
    ".tiff",
    ".heic",
    ".heif",
    ".avif",
    ".jxl",
    ".jp2",
    ".ico",
    ".psd",
    ".pdf",
    ".eps",
)
CAPTIONS = ("text", "caption", "captions", "description", "alt_text")
_COLUMNS = ("image", "img", "picture", "jpg", "jpeg", "png", "webp")
# Fields about a document besides its text; other columns of a Parquet file may be large and are not read.
_FIELDS = (
    "id",
    "author",
    "created_at",
    "date",
    "lang",
    "url",
    "licence",
    "license",
    "acquired",
    "audience",
    "tdm_opt_out",
    "derived_from",
)
_BATCH_ROWS = 32
# webdataset splits a member's name at the first dot of its last part; the key is before it.
_MEMBER = re.compile(r"((?:.*/)?[^/.]+)\.([^/]+)", re.DOTALL)
# Descriptions of a picture in a tar: a caption, its fields, or the number or name of its class.
_DESCRIPTIONS = ("txt", "json", "cls")
_HINT = "skip what is broken with --tolerant"


@dataclass(frozen=True, slots=True)
class CaptionedPicture:
    """A picture's bytes and its captions. `data` is None if the source names a picture that it lacks.

    `id` is unique within one file; `fields` are further facts about the picture (author, licence).
    """

    id: str
    data: bytes | None
    captions: tuple[str, ...]
    where: str
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CaptionedReader:
    """Reads pictures with captions. `text_column` names the captions if they have no common name.

    Raises GlaswerkError for malformed input; with `tolerant`, it is counted in `counts` instead.
    """

    counts: IngestCounts
    text_column: str = ""
    tolerant: bool = False

    def read(self, files: Sequence[InputFile]) -> Iterator[CaptionedPicture]:
        """All pictures of `files` (see `find_pictures`), loose pictures first."""
        loose = {file.name: file for file in files if not file.name.lower().endswith((*TARS, PARQUET))}
        yield from self._loose(loose)
        for file in files:
            name = file.name.lower()
            if name.endswith(TARS):
                yield from self._tar(file)
            elif name.endswith(PARQUET):
                try:
                    yield from self._parquet(file)
                except GlaswerkError as error:
                    self._spare(file, "broken_file", error)

    def _spare(self, file: InputFile, reason: str, error: GlaswerkError) -> None:
        """Count and name a broken file. Raises `error` if the user named it, unless `tolerant`."""
        if file.named and not self.tolerant:
            raise error
        self.counts.damaged(file.name, reason, error)

    def _loose(self, files: Mapping[str, InputFile]) -> Iterator[CaptionedPicture]:
        """Pictures named by a metadata.jsonl in or above their folder, then those with their own .txt."""
        named: set[str] = set()
        for name in (name for name in files if posixpath.basename(name) == PICTURE_CAPTIONS):
            try:
                for where, row in self._rows(files[name].path):
                    if picture := self._named(row, name, where):
                        named.add(picture)
                        data = _bytes(files.get(picture), picture)
                        yield CaptionedPicture(picture, data, self._captions(row), where, row)
            except GlaswerkError as error:
                self._spare(files[name], "broken_file", error)
        for name, file in files.items():
            if name not in named and name.lower().endswith(PICTURES):
                captions = self._beside(files.get(posixpath.splitext(name)[0] + ".txt"))
                yield CaptionedPicture(name, _bytes(file, name), captions, str(file.path))

    def _rows(self, path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The rows of a metadata.jsonl, and where each of them is."""
        with path.open("rb") as lines:
            broken = self.counts.left_out if self.tolerant else None
            for number, row in read_objects(lines, path, broken=broken):
                yield f"{path}, line {number:,}", row

    def _beside(self, sidecar: InputFile | None) -> tuple[str, ...]:
        """The caption in the text file of a picture's name; none if there is none, or if it is broken."""
        try:
            return self._words(_head(sidecar.path), str(sidecar.path)) if sidecar else ()
        except GlaswerkError as error:
            assert sidecar is not None
            self._spare(sidecar, "broken_file", error)
            return ()

    def _named(self, row: Mapping[str, Any], metadata: str, where: str) -> str:
        """The picture that a row of metadata names, as one of the names found; never used as a path."""
        given = row.get("file_name")
        if isinstance(given, str) and given:
            return posixpath.normpath(posixpath.join(posixpath.dirname(metadata), given))
        self._broken(
            f"expected the name of a picture as 'file_name' in {where}, found {type(given).__name__}"
        )
        return ""

    def _tar(self, file: InputFile) -> Iterator[CaptionedPicture]:
        with file.path.open("rb") as raw:
            try:
                with _unpacked(raw, file.path.stat().st_size) as stream:
                    container = tarfile.open(fileobj=stream, mode="r|", tarinfo=BoundedMember)  # noqa: SIM115
                    with container:
                        yield from self._samples(container, file)
            except DAMAGE as error:
                self._cut_off(file, error)
            except GlaswerkError as error:
                self._spare(file, "broken_file", error)

    def _samples(self, container: tarfile.TarFile, file: InputFile) -> Iterator[CaptionedPicture]:
        """Consecutive members with the same key are a picture and its description."""
        key, parts = "", dict[str, bytes]()
        for member in container:
            if not member.isreg() or posixpath.basename(member.name).startswith("."):
                continue
            found = _MEMBER.fullmatch(member.name)
            if found is None:
                self.counts.left_out["unsupported_file"] += 1
                continue
            if encodable_text(found[1]) != key:
                yield from self._sample(file, key, parts)
                key, parts = encodable_text(found[1]), {}
            name = found[2].lower()
            if f".{name}" in (*PICTURES, *_UNSUPPORTED) or name in _DESCRIPTIONS:
                parts[name] = _content(container, member)
            else:
                self.counts.left_out["unsupported_file"] += 1
        yield from self._sample(file, key, parts)

    def _sample(self, file: InputFile, key: str, parts: Mapping[str, bytes]) -> Iterator[CaptionedPicture]:
        if not parts:
            return
        where = f"{file.path}, {key}"
        pictures = [name for name in parts if f".{name}" in PICTURES]
        if not pictures:
            unsupported = any(f".{name}" in _UNSUPPORTED for name in parts)
            self.counts.left_out["unsupported_picture" if unsupported else "missing_picture"] += 1
            return
        fields = self._json(parts["json"], where) if "json" in parts else {}
        text, number = (self._words(parts[name], where) if name in parts else () for name in ("txt", "cls"))
        named = self._captions(fields)
        captions = (named or text if self.text_column else text or named) or number
        for name in pictures:
            yield CaptionedPicture(f"{file.name}#{key}.{name}", parts[name], captions, where, fields)

    def _json(self, data: bytes, where: str) -> Mapping[str, Any]:
        try:
            value = json.loads(data) if len(data) <= CAPTION_BYTES else None
        except (ValueError, RecursionError):
            value = None
        if isinstance(value, dict):
            return value
        self._broken(f"expected a JSON object below {CAPTION_BYTES:,} bytes in {where}, found {data[:60]!r}")
        return {}

    def _parquet(self, file: InputFile) -> Iterator[CaptionedPicture]:
        image, columns = self._columns(file.path)
        rows = read_rows(file.path, columns, batch_rows=_BATCH_ROWS)
        try:
            for number, row in enumerate(within_ratio(rows, file.path.stat().st_size), start=1):
                value = row.pop(image)
                data = value.get("bytes") if isinstance(value, dict) else value
                where = f"{file.path}, row {number:,}"
                yield CaptionedPicture(f"{file.name}#{number}", data, self._captions(row), where, row)
        except Bomb as error:
            raise broken_parquet(file.path, error) from error

    def _columns(self, path: Path) -> tuple[str, list[str]]:
        """The column of pictures, and all columns to read."""
        try:
            schema = pq.read_schema(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise broken_parquet(path, error) from error
        listed = ", ".join(schema.names)
        binary = [column.name for column in schema if _holds_bytes(column.type)]
        image = next((name for name in _COLUMNS if name in binary), "")
        if not image and len(binary) != 1:
            raise GlaswerkError(
                f"expected a column of pictures (binary, or a struct with 'bytes') in {path}, found {listed}",
                hint="name it 'image'",
            )
        captions = [self.text_column] if self.text_column else list(CAPTIONS)
        columns = [name for name in schema.names if name in captions]
        if not columns:
            raise GlaswerkError(
                f"expected a column of captions ({', '.join(captions)}) in {path}, found {listed}",
                hint="name it: --text-column COLUMN",
            )
        image = image or binary[0]
        return image, [image, *columns, *(name for name in schema.names if name in _FIELDS)]

    def _captions(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """All captions in the first field that has any; a list holds alternatives."""
        for name in (self.text_column,) if self.text_column else CAPTIONS:
            value = row.get(name)
            given = value if isinstance(value, list) else [value]
            found = tuple(text.strip() for text in given if isinstance(text, str) and text.strip())
            if found:
                return found
        return ()

    def _words(self, data: bytes, where: str) -> tuple[str, ...]:
        """A caption from a text file; none if it is blank."""
        try:
            text = data.decode("utf-8-sig").strip() if len(data) <= CAPTION_BYTES else None
        except UnicodeDecodeError:
            text = None
        if text is None:
            self._broken(
                f"expected a caption in UTF-8 below {CAPTION_BYTES:,} bytes, found other content in {where}"
            )
        return (text,) if text else ()

    def _broken(self, message: str) -> None:
        if not self.tolerant:
            raise GlaswerkError(message, hint=_HINT)
        self.counts.left_out["broken_record"] += 1

    def _cut_off(self, file: InputFile, error: Exception) -> None:
        words = f"expected a complete tar file, found {file.path} broken or cut off: {error}"
        hint = f"fetch {file.path.name} again; or {_HINT}"
        self._spare(file, "cut_off", GlaswerkError(words, hint=hint))


def find_pictures(paths: Sequence[Path], counts: IngestCounts) -> list[InputFile]:
    """Pictures, their .txt and metadata.jsonl, tar and Parquet files, sorted by name; folders are searched.

    Raises GlaswerkError for a named file of another kind, and if nothing is found.
    """
    found = sorted((file for path in paths for file in _under(path, counts)), key=lambda file: file.name)
    repeated = [name for name, count in Counter(file.name for file in found).items() if count > 1]
    if repeated:
        raise GlaswerkError(
            f"expected files of different names, found {repeated[0]} twice among the paths",
            hint="add the folders separately, each with its own --name",
        )
    if not any(file.name.lower().endswith((*PICTURES, *TARS, PARQUET)) for file in found):
        raise GlaswerkError(
            f"expected pictures ({', '.join(PICTURES)}), tar or Parquet files, found none in "
            f"{', '.join(map(str, paths)) or 'an empty list of paths'}",
            hint="name such files, or folders that contain them",
        )
    return found


def _under(path: Path, counts: IngestCounts) -> Iterator[InputFile]:
    if not path.is_dir():
        yield from _single(path)
        return
    inside = {file.name: file.path for file in find_inputs([path], counts.left_out, counts.bad)}
    stems = {posixpath.splitext(name)[0] for name in inside if name.lower().endswith(PICTURES)}
    for name, file in inside.items():
        beside = name.endswith(".txt") and posixpath.splitext(name)[0] in stems
        if beside or file.name == PICTURE_CAPTIONS or name.lower().endswith((*PICTURES, *TARS, PARQUET)):
            yield InputFile(file, name, named=False)
        else:
            unsupported = name.lower().endswith(_UNSUPPORTED)
            counts.left_out["unsupported_picture" if unsupported else "unsupported_file"] += 1


def _single(path: Path) -> Iterator[InputFile]:
    if not path.exists():
        raise GlaswerkError(f"expected a file or folder, found nothing at {path}", hint="check the path")
    if not path.is_file():
        raise not_regular(path)
    if not path.name.lower().endswith((*PICTURES, *TARS, PARQUET)):
        raise GlaswerkError(
            f"expected a picture ({', '.join(PICTURES)}), a tar or a Parquet file, found {path}",
            hint="name the folder with the pictures and their captions",
        )
    yield InputFile(path, path.name)
    sidecar = path.with_suffix(".txt")
    if path.name.lower().endswith(PICTURES) and sidecar.is_file():
        yield InputFile(sidecar, sidecar.name)


def _bytes(file: InputFile | None, name: str) -> bytes | None:
    """A loose picture; None if there is none of that name. Reads one byte over the limit to detect excess."""
    if file is None or not name.lower().endswith(PICTURES):
        return None
    with file.path.open("rb") as stream:
        return stream.read(PICTURE_BYTES + 1)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(CAPTION_BYTES + 1)


def _content(container: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = container.extractfile(member)
    limit = PICTURE_BYTES if member.name.lower().endswith(PICTURES) else CAPTION_BYTES
    return b"" if file is None else file.read(limit + 1)


def _holds_bytes(kind: Any) -> bool:
    if pa.types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return place >= 0 and _holds_bytes(kind.field(place).type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _unpacked(raw: BinaryIO, size: int) -> Any:
    head = raw.read(16)
    raw.seek(0)
    opener = packing(head)
    return raw if opener is None else _Bounded(opener(raw), max(PICTURE_TAR_FREE_BYTES, size * UNPACK_RATIO))


class _Bounded(io.RawIOBase):
    """A decompressed stream that raises an error after `limit` bytes."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream, self._left = stream, limit

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes. Raises tarfile.ReadError beyond the limit."""
        data = cast(bytes, self._stream.read(size))
        self._left -= len(data)
        if self._left < 0:
            raise tarfile.ReadError("it unpacks to far more than its size")
        return data

    def close(self) -> None:
        """Close the stream below too."""
        self._stream.close()
        super().close()
