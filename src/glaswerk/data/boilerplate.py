"""Boilerplate: lines that stand in many pages, such as menus, notices of cookies and of rights.

Two phases. First each file of documents gives the keys of its lines, independently of the others
(`write_line_keys`), and DuckDB counts them, on disk where memory does not suffice (`common_lines`). Then
`strip` takes the common ones out of each page. After the line-level deduplication of CCNet (Wenzek et al.
2020, arXiv:1911.00359), which keeps no line twice; here one may stand in a few pages, and short ones stay.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.parquet import read_rows

# Shorter lines are headings and answers, which belong to their text: of the 40 lines of 20 characters or
# more that are common in 27,623 pages of Wikipedia, most are such as "Early life and education.".
LINE_CHARACTERS = 30
_COMMON = "SELECT key FROM read_parquet(?) GROUP BY key HAVING count(*) >= ? ORDER BY key"
_KEYS = pa.schema([("key", pa.uint64())])
# Keys held before they are written: 8 MB.
_BUFFER = 1 << 20
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")


@dataclass(frozen=True)
class BoilerplateConfig:
    """A line is boilerplate where it stands in `min_documents` pages and in `min_share` of all pages."""

    min_documents: int = 10
    min_share: float = 0.001


def line_keys(text: str) -> NDArray[np.uint64]:
    """Sorted 64-bit keys of the different lines of LINE_CHARACTERS or more, case and spaces aside."""
    found = {key for line in text.split("\n") if (key := _key(line)) is not None}
    return np.array(sorted(found), np.uint64)


def _key(line: str) -> int | None:
    if len(line) < LINE_CHARACTERS:
        return None
    plain = " ".join(line.split()).casefold()
    if len(plain) < LINE_CHARACTERS:
        return None
    return int.from_bytes(hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def write_line_keys(documents: Path, out: Path) -> int:
    """Write the keys of every page in a Parquet file of documents to `out`; returns the number of pages.

    Eight bytes for each line and page. Raises GlaswerkError where `documents` is no whole Parquet file.
    """
    pages = 0
    held: list[NDArray[np.uint64]] = []
    waiting = 0
    with pq.ParquetWriter(out, _KEYS, compression="none", use_dictionary=False) as writer:
        for row in read_rows(documents, ["text", "kind"]):
            if row["kind"] != "page":
                continue
            pages += 1
            held.append(line_keys(row["text"] or ""))
            waiting += len(held[-1])
            if waiting >= _BUFFER:
                writer.write_table(_table(held))
                held, waiting = [], 0
        writer.write_table(_table(held))
    return pages


def _table(held: Sequence[NDArray[np.uint64]]) -> pa.Table:
    return pa.table([np.concatenate([np.zeros(0, np.uint64), *held])], schema=_KEYS)


def common_lines(
    parts: Sequence[Path], pages: int, scratch: Path, config: BoilerplateConfig, memory: str = "1GB"
) -> NDArray[np.uint64]:
    """The keys that are boilerplate among the `parts` of `write_line_keys`, sorted, for `strip`.

    `memory` bounds the counting; beyond it DuckDB spills into the folder `scratch`. Raises GlaswerkError
    where that does not suffice, or a part cannot be read.
    """
    if not parts:
        return np.zeros(0, np.uint64)
    least = max(config.min_documents, config.min_share * pages)
    try:
        with duckdb.connect(config={"memory_limit": memory, "temp_directory": str(scratch)}) as db:
            found = db.execute(_COMMON, [[str(part) for part in parts], least]).fetchnumpy()["key"]
    except duckdb.Error as error:
        raise GlaswerkError(
            f"expected to count the lines of {pages:,} pages within {memory}, found {error}",
            hint=f"make room in {scratch}, or allow more memory",
        ) from error
    return np.asarray(found, np.uint64)


def count_lines(files: Iterable[Path], scratch: Path, config: BoilerplateConfig) -> NDArray[np.uint64]:
    """Both steps of the first phase on one machine; leaves nothing in `scratch`."""
    parts: list[Path] = []
    pages = 0
    try:
        for number, file in enumerate(files):
            parts.append(scratch / f"line-keys-{number}.parquet")
            pages += write_line_keys(file, parts[-1])
        return common_lines(parts, pages, scratch, config)
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def strip(text: str, kind: str, keys: NDArray[np.uint64]) -> tuple[str, int]:
    """`text` without the lines of `keys` (sorted), and how many characters went.

    Only pages of several lines lose any; blank lines that come to stand together become one.
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
