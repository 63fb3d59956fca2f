"""Read untrusted GGUF files with bounds: metadata, tensor table, and tensors dequantised one at a time.

The reader in the `gguf` package trusts the counts in a file: an array that claims 2^60 entries keeps it busy
forever. We use only that package's type tables and dequantisation.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import mmap
import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch

from glaswerk.core.errors import GlaswerkError

# Vocabularies have up to 262,144 entries, networks a few thousand tensors.
MOST_ENTRIES = 1 << 21
MOST_KEYS = 1 << 12
MOST_TENSORS = 1 << 16
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_PLAIN = {
    gguf.GGMLQuantizationType.F32: torch.float32,
    gguf.GGMLQuantizationType.F16: torch.float16,
    gguf.GGMLQuantizationType.BF16: torch.bfloat16,
}


@dataclass(frozen=True, slots=True)
class TensorEntry:
    """An entry of the tensor table: shape in torch's order, type, and position in the file in bytes."""

    shape: tuple[int, ...]
    kind: gguf.GGMLQuantizationType
    start: int
    bytes: int


class GgufFile:
    """An open GGUF file. `metadata`: plain values and lists by key; `tensors`: table entries by name."""

    def __init__(self, path: Path, view: mmap.mmap) -> None:
        """Raises GlaswerkError for a file that is truncated or inconsistent, and for one with tensors of a
        type that cannot be dequantised."""
        self.path, self._view = path, view
        try:
            self.metadata, self.tensors = _parse(_Cursor(view))
        except (_Broken, UnicodeDecodeError) as error:
            raise GlaswerkError(
                f"{path} is not a complete GGUF file: {error}",
                hint="download the file again and compare its size",
            ) from error
        for name, entry in self.tensors.items():
            if not _is_readable(entry.kind):
                raise GlaswerkError(
                    f"tensor {name!r} in {path} has the type {entry.kind.name}, which cannot be read",
                    hint="adopt the model in another type, such as F16 or Q8_0",
                )

    @classmethod
    def open(cls, path: Path) -> GgufFile:
        """Map the file into memory and read its metadata, but no tensor data yet."""
        with path.open("rb") as file:
            try:
                view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:
                raise GlaswerkError(f"{path} is empty", hint="download the file again") from error
        return cls(path, view)

    @property
    def architecture(self) -> str:
        """GGUF's name of the network type, such as "llama"."""
        return self.text("general.architecture")

    def text(self, key: str) -> str:
        """A string of the metadata; "" if the key is missing or not a string."""
        found = self.metadata.get(key)
        return found if isinstance(found, str) else ""

    def number(self, key: str) -> float | int:
        """A finite number of the metadata. Raises GlaswerkError if it is missing or not a number."""
        found = self.metadata.get(key)
        if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
            raise GlaswerkError(f"expected a number for {key} in {self.path}, found {found!r}")
        return found

    def whole(self, key: str, *, most: int = 1 << 24) -> int:
        """An integer of the metadata from 1 to `most`. Raises GlaswerkError for any other value."""
        found = self.number(key)
        if not isinstance(found, int) or not 1 <= found <= most:
            raise GlaswerkError(f"expected {key} from 1 to {most:,} in {self.path}, found {found!r}")
        return found

    def tensor(self, name: str) -> torch.Tensor:
        """A tensor: float types as stored, quantised types dequantised to fp32."""
        entry = self.tensors[name]
        raw = np.frombuffer(self._view, np.uint8, entry.bytes, entry.start)
        if entry.kind in _PLAIN:
            # A copy, as torch warns about read-only memory.
            return torch.from_numpy(raw.copy()).view(_PLAIN[entry.kind]).reshape(entry.shape)
        rows = raw.reshape(*entry.shape[:-1], -1)
        return torch.from_numpy(gguf.dequantize(rows, entry.kind)).reshape(entry.shape)

    def dtype(self, name: str) -> torch.dtype:
        """The dtype of what `tensor` returns."""
        return _PLAIN.get(self.tensors[name].kind, torch.float32)


@cache
def _is_readable(kind: gguf.GGMLQuantizationType) -> bool:
    """Whether the `gguf` package can dequantise the type; tried on a block of zeros, as it has no list."""
    _, size = gguf.GGML_QUANT_SIZES[kind]
    try:
        gguf.dequantize(np.zeros((1, size), np.uint8), kind)
    except NotImplementedError:
        return False
    return True


class _Broken(Exception):
    """The message says what is wrong with the file."""


class _Cursor:
    """Reads forward from a position, never past the end of the file."""

    def __init__(self, view: mmap.mmap) -> None:
        self.view, self.place = view, 0

    def take(self, count: int) -> bytes:
        if count > len(self.view) - self.place:
            raise _Broken(f"it ends at byte {len(self.view):,}, inside its header")
        self.place += count
        return self.view[self.place - count : self.place]

    def values(self, letter: str, count: int = 1) -> tuple[Any, ...]:
        form = f"<{count}{letter}"
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def count(self, most: int, what: str) -> int:
        found: int = self.values("Q")[0]
        if found > most:
            raise _Broken(f"it claims {found:,} {what}, the limit is {most:,}")
        return found

    def string(self) -> str:
        return self.take(self.count(len(self.view), "bytes in a string")).decode()


def _parse(cursor: _Cursor) -> tuple[dict[str, Any], dict[str, TensorEntry]]:
    if cursor.take(4) != b"GGUF":
        raise _Broken("it does not begin with the bytes GGUF")
    version = cursor.values("I")[0]
    if version not in (2, 3):
        raise _Broken(f"expected version 2 or 3, found {version}")
    tensors = cursor.count(MOST_TENSORS, "tensors")
    keys = cursor.count(MOST_KEYS, "keys")
    metadata = {cursor.string(): _value(cursor, cursor.values("I")[0]) for _ in range(keys)}
    table = [_entry(cursor) for _ in range(tensors)]
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1) or alignment > 1 << 16:
        raise _Broken(f"expected a power of two up to 65,536 as its alignment, found {alignment!r}")
    start = -(-cursor.place // alignment) * alignment
    return metadata, {name: _placed(entry, name, start, len(cursor.view)) for name, entry in table}


def _value(cursor: _Cursor, kind: int) -> Any:
    if kind == _STRING:
        return cursor.string()
    if kind in _SCALARS:
        return cursor.values(_SCALARS[kind])[0]
    if kind != _ARRAY:
        raise _Broken(f"its metadata has a value of unknown type {kind}")
    inner = cursor.values("I")[0]
    count = cursor.count(MOST_ENTRIES, "entries in a list")
    if inner == _STRING:
        return [cursor.string() for _ in range(count)]
    if inner not in _SCALARS:
        raise _Broken(f"its metadata has a list of unsupported type {inner}")
    return list(cursor.values(_SCALARS[inner], count))


def _entry(cursor: _Cursor) -> tuple[str, TensorEntry]:
    name = cursor.string()
    dimensions = cursor.values("I")[0]
    if dimensions > 4:
        raise _Broken(f"its tensor {name!r} has {dimensions} dimensions")
    shape = tuple(reversed(cursor.values("Q", dimensions)))
    number, offset = cursor.values("I")[0], cursor.values("Q")[0]
    try:
        kind = gguf.GGMLQuantizationType(number)
        inner, size = gguf.GGML_QUANT_SIZES[kind]
    except (ValueError, KeyError) as error:
        raise _Broken(f"its tensor {name!r} has the unknown type {number}") from error
    if not shape or shape[-1] % inner:
        raise _Broken(f"its tensor {name!r} has the shape {shape}, which does not fit the type {kind.name}")
    return name, TensorEntry(shape, kind, offset, math.prod(shape) // inner * size)


def _placed(entry: TensorEntry, name: str, start: int, size: int) -> TensorEntry:
    if start + entry.start + entry.bytes > size:
        raise _Broken(f"it ends at byte {size:,}, inside or before its tensor {name!r}")
    return TensorEntry(entry.shape, entry.kind, start + entry.start, entry.bytes)
