"""A source's pictures: each stored once under the hash of its bytes, packed into tar files with an index.

Packed, because a folder with one file per picture is slow from about ten thousand on, for every tool that
walks it, and each file would need its own flush and its own entry in the manifest. `tar -xf` extracts them.
"""

from __future__ import annotations

import io
import os
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import PREFIX, digest_bytes
from glaswerk.data.pictures.check import Picture
from glaswerk.data.store.parquet import broken_parquet, write_table

MEDIA = "media"
INDEX = "media.parquet"
# Small enough to copy one by one; a picture that would exceed it starts the next file.
SHARD_BYTES = 1 << 30
_SCHEMA = pa.schema(
    [
        ("name", pa.string()),
        ("shard", pa.int32()),
        ("offset", pa.int64()),
        ("bytes", pa.int64()),
        ("width", pa.int32()),
        ("height", pa.int32()),
    ]
)


def picture_name(picture: Picture) -> str:
    """`b2-` + 40 hex digits of the hash of its bytes + the ending of its format."""
    return f"{digest_bytes(picture.data).replace(':', '-')}.{picture.suffix}"


class PictureWriter:
    """Packs pictures into `media/00000.tar` and so on; `media.parquet` holds the position of each.

    Memory grows by about half a kB per distinct picture.
    """

    def __init__(self, folder: Path, shard_bytes: int = SHARD_BYTES) -> None:
        self._folder, self._limit = folder, shard_bytes
        self._rows: dict[str, tuple[int, int, int, int, int]] = {}
        self._shard: tarfile.TarFile | None = None
        self._shards = 0
        self.bytes = 0
        (folder / MEDIA).mkdir()

    def add(self, picture: Picture) -> str:
        """Store a picture, unless it is already there. Returns its name."""
        name = picture_name(picture)
        if name not in self._rows:
            self.copy(name, picture.data, picture.width, picture.height)
        return name

    def copy(self, name: str, data: bytes, width: int, height: int) -> None:
        """Store a picture that another source has under this name."""
        shard = self._open(len(data))
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        # The name is short and the size below 8 GB, so the header is one block.
        offset = shard.offset + tarfile.BLOCKSIZE
        shard.addfile(entry, io.BytesIO(data))
        self._rows[name] = (self._shards - 1, offset, entry.size, width, height)
        self.bytes += entry.size

    def _open(self, size: int) -> tarfile.TarFile:
        if self._shard is not None and self._shard.offset + size > self._limit:
            self._shard.close()
            self._shard = None
        if self._shard is None:
            path = _shard_path(self._folder, self._shards)
            self._shard = tarfile.open(path, "w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
            self._shards += 1
        return self._shard

    def sizes(self) -> tuple[list[int], list[int]]:
        """Widths and heights of the distinct pictures, in pixels."""
        return [row[3] for row in self._rows.values()], [row[4] for row in self._rows.values()]

    def formats(self) -> Iterator[str]:
        """The file ending of each distinct picture."""
        return (name.rpartition(".")[2] for name in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shard is not None:
            self._shard.close()
        if kind is None:
            names = sorted(self._rows)
            values = {name: [self._rows[n][i] for n in names] for i, name in enumerate(_SCHEMA.names[1:])}
            write_table(self._folder / INDEX, {"name": names, **values}, _SCHEMA)


class Pictures:
    """Reads a source's pictures by name. Files stay open until `close`; safe for several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises GlaswerkError if the folder is not a source with pictures."""
        path = folder / INDEX
        if not path.exists():
            raise GlaswerkError(
                f"expected a source with pictures, found none at {folder}: {INDEX} is missing",
                hint="glaswerk add images FOLDER --licence …",
            )
        try:
            table = pq.read_table(path, columns=["name", "shard", "offset", "bytes"])
        except (pa.ArrowInvalid, OSError) as error:
            raise broken_parquet(path, error) from error
        places = zip(*(table[name].to_pylist() for name in ("shard", "offset", "bytes")), strict=True)
        self._places = dict(zip(table["name"].to_pylist(), places, strict=True))
        self._folder = folder
        self._files: dict[int, int] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Every picture's name, sorted."""
        return list(self._places)

    def read(self, name: str) -> bytes:
        """The bytes of a picture: JPEG, PNG, WebP or GIF, by the ending of its name.

        Raises GlaswerkError for a name that the source does not have, and if the bytes are damaged.
        """
        if name not in self._places:
            raise GlaswerkError(
                f"expected the name of a picture in {self._folder}, found {name!r}",
                hint=f"names are listed in {INDEX} and in the documents' media",
            )
        shard, offset, size = self._places[name]
        path = _shard_path(self._folder, shard)
        try:
            data = os.pread(self._file(shard, path), size, offset)
        except OSError as error:
            raise GlaswerkError(f"expected pictures in {path}, found: {error}", hint=_AGAIN) from error
        if digest_bytes(data).removeprefix(PREFIX) != name[3:].partition(".")[0]:
            raise GlaswerkError(
                f"expected picture {name} in {path} to match its hash, found it damaged", hint=_AGAIN
            )
        return data

    def _file(self, shard: int, path: Path) -> int:
        with self._lock:
            if shard not in self._files:
                self._files[shard] = os.open(path, os.O_RDONLY)
            return self._files[shard]

    def close(self) -> None:
        """Close the tar files."""
        for file in self._files.values():
            os.close(file)
        self._files = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()


_AGAIN = "glaswerk verify --all names what is damaged; restore it from a copy, or add the pictures again as "
_AGAIN += "another source: glaswerk add images FOLDER --licence own --name NAME"


def read_picture(folder: Path, name: str) -> bytes:
    """One picture of the source in `folder`; for many pictures `Pictures` is faster."""
    with Pictures(folder) as pictures:
        return pictures.read(name)


def _shard_path(folder: Path, number: int) -> Path:
    return folder / MEDIA / f"{number:05d}.tar"
