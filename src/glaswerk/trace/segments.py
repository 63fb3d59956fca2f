"""Cut token files into segments; build the arrays of each once and reuse them by digest."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import fsync_path, write_atomic
from glaswerk.core.ids import DIGEST_BYTES, PREFIX, digest_file, digest_text, short
from glaswerk.core.next_commands import aside, index_command
from glaswerk.lab.artifact import read_manifest
from glaswerk.trace.suffix_array import Integers, Segment, Tokens, first_token_bounds, suffix_order

# Building takes up to 24 bytes of memory per token, so this many need 3 GB.
SEGMENT_TOKENS = 128_000_000
SEGMENTS = "segments.json"
_BLOCK = 1 << 24


@dataclass(frozen=True, slots=True)
class Part:
    """Tokens `start` to `end` of a split; `digest` covers them and the vocabulary size."""

    split: str
    start: int
    end: int
    digest: str

    @property
    def name(self) -> str:
        """Base name of its array files."""
        return short(self.digest, 24)


def cuts(documents: Sequence[str], ends: Integers, limit: int) -> list[tuple[int, int]]:
    """(start, end) of every segment; each ends at the end of a document.

    documents: ids in file order; ends: the position after each document's end token. A segment has at most
    `limit` tokens, or one longer document. In its last quarter it ends with the first document whose id and
    length select it (sixteen per `limit` tokens), so that segments after an inserted or deleted document come
    out the same again: content-defined chunking, as in LBFS (Muthitacharoen et al., 2001).
    """
    found: list[tuple[int, int]] = []
    start, end = 0, 0
    for document, behind in zip(documents, ends.tolist(), strict=True):
        if behind - start > limit and end > start:
            found.append((start, end))
            start = end
        length, end = behind - end, behind
        if end - start >= limit * 3 // 4 and _draw(document) * limit < length * 16:
            found.append((start, end))
            start = end
    return [*found, (start, end)] if end > start else found


def _draw(document: str) -> float:
    """A pseudorandom number from 0 to 1 that depends on the id only."""
    return int(digest_text(document)[-8:], 16) / 16**8


def digest_tokens(tokens: Tokens, vocab_size: int) -> str:
    """Content id of everything that determines a segment's arrays."""
    state = hashlib.blake2b(f"{tokens.dtype.str} {vocab_size} ".encode(), digest_size=DIGEST_BYTES)
    for start in range(0, len(tokens), _BLOCK):
        state.update(np.ascontiguousarray(tokens[start : start + _BLOCK]).data)
    return PREFIX + state.hexdigest()


def write_arrays(folder: Path, part: Part, tokens: Tokens, vocab_size: int) -> None:
    """Write `<name>.order.npy` (int32 positions), then `<name>.bounds.npy` (int64), which marks the end."""
    for kind, array in (("order", suffix_order(tokens)), ("bounds", first_token_bounds(tokens, vocab_size))):
        temporary = folder / f".{part.name}.{kind}.npy"
        np.save(temporary, array)
        fsync_path(temporary)
        os.replace(temporary, _file(folder, part, kind))


def has_arrays(folder: Path, part: Part) -> bool:
    """Whether the arrays exist and, in a finished index, still match the digests in its manifest."""
    files = [_file(folder, part, kind) for kind in ("order", "bounds")]
    if not all(file.exists() for file in files):
        return False
    manifest = read_manifest(folder)
    if manifest is None:
        return True
    outputs = manifest["outputs"]
    return all(outputs.get(file.name, {}).get("digest") == digest_file(file) for file in files)


def take_arrays(folder: Path, part: Part, into: Path) -> None:
    """Hard-link the arrays of `part` into another folder, or copy them if the disk cannot link.

    Sharing is safe, as arrays are never modified.
    """
    for kind in ("order", "bounds"):
        source, target = _file(folder, part, kind), _file(into, part, kind)
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)


def open_segment(folder: Path, part: Part, tokens: Tokens) -> Segment:
    """The segment over `tokens`, memory-mapped. Raises GlaswerkError if its arrays are damaged."""
    hint = aside(folder, index_command(folder.name))
    try:
        order, bounds = (np.load(_file(folder, part, kind), mmap_mode="r") for kind in ("order", "bounds"))
    except (OSError, ValueError, EOFError) as error:
        raise GlaswerkError(f"the trace in {folder} cannot be read: {error}", hint=hint) from error
    found = len(order)
    if not len(tokens) == found == bounds[-1] == part.end - part.start:
        raise GlaswerkError(
            f"the trace in {folder} covers {found:,} tokens of {part.split!r} from {part.start:,} on; "
            f"the shards hold {len(tokens):,}",
            hint=hint,
        )
    return Segment(tokens, np.asarray(order), np.asarray(bounds))


def write_parts(folder: Path, parts: Iterable[Part]) -> None:
    """Write the list of segments, `segments.json`, atomically."""
    write_atomic(folder / SEGMENTS, json.dumps([asdict(part) for part in parts], indent=2) + "\n")


def read_parts(folder: Path) -> list[Part]:
    """The segments of the trace in `folder`. Raises GlaswerkError if their list is missing or damaged."""
    try:
        return [Part(**row) for row in json.loads((folder / SEGMENTS).read_text())]
    except (OSError, ValueError, TypeError) as error:
        raise GlaswerkError(
            f"the trace in {folder} cannot be read: {error}", hint=aside(folder, index_command(folder.name))
        ) from error


def _file(folder: Path, part: Part, kind: str) -> Path:
    return folder / f"{part.name}.{kind}.npy"
