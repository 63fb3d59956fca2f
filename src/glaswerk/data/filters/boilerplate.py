"""Boilerplate: lines that occur in many pages, such as menus, cookie notices and copyright lines.

There are two phases. First each shard of documents writes the keys of its lines, independently of the others
(`write_line_keys`), and DuckDB counts them, spilling to disk if memory is short (`common_lines`). Then
`strip` removes the common lines from each page. This follows the line-level deduplication of CCNet (Wenzek
et al. 2020, arXiv:1911.00359), which keeps no line twice; here a line may occur in a few pages, and short
lines stay.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.filters.duplicates import content_hash
from glaswerk.data.store.order import SORT_MEMORY, connect

# Shorter lines are headings and answers, which belong to their text: most of the 40 lines of 20 characters
# or more that are common in 27,623 pages of Wikipedia are like "Early life and education.".
LINE_CHARACTERS = 30
# A page that was captured several times counts once; otherwise its lines would count as boilerplate.
_COMMON = "SELECT key FROM read_parquet(?) GROUP BY key HAVING count(DISTINCT page) >= ? ORDER BY key"
_KEYS = pa.schema([("key", pa.uint64()), ("page", pa.uint64())])
# Keys held before they are written: 16 MB.
_BUFFER = 1 << 20
_NONE = np.zeros(0, np.uint64)
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")


@dataclass(frozen=True)
class BoilerplateConfig:
    """A line is boilerplate if it occurs in at least `min_documents` pages and `min_share` of all pages."""

    enabled: bool = True
    min_documents: int = 10
    min_share: float = 0.001


def line_keys(text: str) -> NDArray[np.uint64]:
    """Sorted 64-bit keys of the distinct lines of LINE_CHARACTERS or more, ignoring case and spacing."""
    found = {key for line in text.split("\n") if (key := _key(line)) is not None}
    return np.array(sorted(found), np.uint64)


def _key(line: str) -> int | None:
    if len(line) < LINE_CHARACTERS:
        return None
    plain = " ".join(line.split()).casefold()
    if len(plain) < LINE_CHARACTERS:
        return None
    return int.from_bytes(hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def write_line_keys(pages: Iterable[str], out: Path) -> None:
    """Write (key of a line, hash of its page) to the Parquet file `out`, 16 bytes per line of a page.

    The file's metadata records the number of pages.
    """
    keys: list[NDArray[np.uint64]] = []
    owners: list[int] = []
    waiting = count = 0
    with pq.ParquetWriter(out, _KEYS, compression="none", use_dictionary=False) as writer:
        for text in pages:
            count += 1
            # `strip` never removes the only line of a page.
            found = line_keys(text) if "\n" in text else _NONE
            if not len(found):
                continue
            keys.append(found)
            owners.append(int.from_bytes(content_hash(text)[:8]))
            waiting += len(found)
            if waiting >= _BUFFER:
                writer.write_table(_table(keys, owners))
                keys, owners, waiting = [], [], 0
        writer.write_table(_table(keys, owners))
        writer.add_key_value_metadata({"pages": str(count)})


def _table(keys: Sequence[NDArray[np.uint64]], owners: Sequence[int]) -> Any:
    pages = np.repeat(np.array(owners, np.uint64), [len(found) for found in keys])
    return pa.table([np.concatenate([_NONE, *keys]), pages], schema=_KEYS)


def common_lines(
    parts: Sequence[Path], scratch: Path, config: BoilerplateConfig, memory: str = SORT_MEMORY
) -> NDArray[np.uint64]:
    """The sorted keys of boilerplate lines in the `parts` that `write_line_keys` wrote, for `strip`.

    `memory` bounds the counting; beyond it DuckDB spills into the folder `scratch`. Raises GlaswerkError
    if disk or memory run out.
    """
    pages = sum(int(pq.read_metadata(part).metadata[b"pages"]) for part in parts)
    if not pages:
        return _NONE
    least = max(config.min_documents, config.min_share * pages)
    try:
        with connect(scratch, memory) as db:
            found = db.execute(_COMMON, [[str(part) for part in parts], least]).fetchnumpy()["key"]
    except duckdb.Error as error:
        raise GlaswerkError(
            f"expected to count the lines of {pages:,} pages within {memory}, found {error}",
            hint=f"free disk space in {scratch}",
        ) from error
    return np.asarray(found, np.uint64)


def strip(text: str, kind: str, keys: NDArray[np.uint64]) -> tuple[str, int]:
    """`text` without the lines whose keys are in `keys` (sorted), and the number of characters removed.

    Only pages with several lines change. Blank lines that become adjacent are reduced to one.
    """
    if kind != "page" or not len(keys) or "\n" not in text:
        return text, 0
    lines = text.split("\n")
    common = set(_common(lines, keys))
    if not common:
        return text, 0
    kept = "\n".join(line for number, line in enumerate(lines) if number not in common)
    kept = _BLANK_LINES.sub("\n\n", kept).strip("\n")
    return kept, len(text) - len(kept)


def _common(lines: Sequence[str], keys: NDArray[np.uint64]) -> Iterator[int]:
    """Numbers of the lines whose key is among `keys`."""
    found = [(number, key) for number, line in enumerate(lines) if (key := _key(line)) is not None]
    if not found:
        return
    own = np.array([key for _, key in found], np.uint64)
    at = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
    for (number, _), same in zip(found, (keys[at] == own).tolist(), strict=True):
        if same:
            yield number
