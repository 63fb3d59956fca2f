"""The mixture of a corpus: shares and caps by source, language and author, drawn by content hash.

Which documents stay does not depend on chance or on order: those with the lowest hashes do, so that a
larger share holds a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.data.curate.mixture_settings import ALL, COLUMNS, MixtureConfig
from glaswerk.lab.tombstones import plain_handle

if TYPE_CHECKING:
    from glaswerk.data.curate.shard_task import ShardTask

_DRAWS = np.array([1, 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9], np.uint64)


def left_out(
    config: MixtureConfig,
    tasks: Sequence[ShardTask],
    alive: Sequence[NDArray[np.uint32]],
    kept: NDArray[np.bool_],
    ranks: NDArray[np.uint64],
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """(reason, numbers of documents) that go for a share or a cap. `kept` and `ranks` are by document.

    The names of the documents are read only where a setting needs them.
    """
    kept = kept.copy()
    for place, (by, column) in enumerate(COLUMNS.items()):
        shares, caps = config.shares(by), config.caps(by)
        if not shares and not caps:
            continue
        rows, places, names = _groups(column, tasks, alive, kept)
        # A draw of its own for each: a half of a half is a quarter.
        drawn = ranks[rows] * _DRAWS[place]
        for reason, gone in (
            ("mixture-share", _over_share(_limits(shares, names, by, 1.0)[places], drawn)),
            ("mixture-cap", _over_cap(_limits(caps, names, by, np.inf)[places], places, drawn)),
        ):
            found = rows[gone & kept[rows]]
            kept[found] = False
            yield reason, found


def _over_share(shares: NDArray[np.float64], ranks: NDArray[np.uint64]) -> NDArray[np.bool_]:
    # The upper half of the hash is enough to draw by, and exact as a float.
    over: NDArray[np.bool_] = (ranks >> np.uint64(32)).astype(np.float64) >= shares * 2.0**32
    return over


def _over_cap(
    caps: NDArray[np.float64], places: NDArray[np.int64], ranks: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    over: NDArray[np.bool_] = _rank_in_group(places, ranks) >= caps
    return over


def _limits(table: Mapping[str, float], names: Sequence[str], by: str, default: float) -> NDArray[np.float64]:
    """The figure of each name; what has no name is no group."""
    plain = {plain_handle(name) if by == "author" else name: figure for name, figure in table.items()}
    everyone = plain.get(ALL, default)
    return np.array([plain.get(name, everyone if name else default) for name in names], np.float64)


def _rank_in_group(places: NDArray[np.int64], ranks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Place of each document among those of its group, lowest hash first."""
    order = np.lexsort((ranks, places))
    ordered = places[order]
    begins = np.flatnonzero(np.diff(ordered, prepend=-1))
    counts = np.diff(begins, append=len(ordered))
    found = np.empty(len(places), np.int64)
    found[order] = np.arange(len(places)) - np.repeat(begins, counts)
    return found


def _groups(
    column: str, tasks: Sequence[ShardTask], alive: Sequence[NDArray[np.uint32]], kept: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    """Numbers of the documents that are kept so far, the place of each one's name, and the names."""
    places: dict[str, int] = {}
    rows, found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for task, numbers in zip(tasks, alive, strict=True):
        mask = kept[numbers]
        rows.append(numbers[mask].astype(np.int64))
        values = pq.read_table(task.texts, columns=[column])[column].filter(mask).to_pylist()
        names = map(plain_handle, values) if column == "author" else values
        found.append(np.array([places.setdefault(name, len(places)) for name in names], np.int64))
    return np.concatenate(rows), np.concatenate(found), list(places)
