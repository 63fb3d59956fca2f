"""Applying the mixture of a corpus: shares and caps by source, language and author, by content hash.

The documents with the lowest hashes stay, so the choice depends neither on chance nor on order, and a larger
share contains a smaller one.
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


def mixture_drops(
    config: MixtureConfig,
    tasks: Sequence[ShardTask],
    alive: Sequence[NDArray[np.uint32]],
    kept: NDArray[np.bool_],
    ranks: NDArray[np.uint64],
) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """(reason, numbers of documents) for all documents that a share or a cap drops.

    `alive`: by task, the numbers of the documents that passed `Judge`. `kept` and `ranks`: by document of
    the lab. Sources, languages and authors are read only if a setting needs them.
    """
    kept = kept.copy()
    for place, (by, column) in enumerate(COLUMNS.items()):
        shares, caps = config.shares(by), config.caps(by)
        if not shares and not caps:
            continue
        rows, places, names = _groups(column, tasks, alive, kept)
        # Independent draws for source, language and author, so that half of a half is a quarter.
        drawn = ranks[rows] * _DRAWS[place]
        for reason, gone in (
            ("mixture-share", _over_share(_limits(shares, names, by, 1.0)[places], drawn)),
            ("mixture-cap", _over_cap(_limits(caps, names, by, np.inf)[places], places, drawn)),
        ):
            found = rows[gone & kept[rows]]
            kept[found] = False
            yield reason, found


def _over_share(shares: NDArray[np.float64], ranks: NDArray[np.uint64]) -> NDArray[np.bool_]:
    # The upper 32 bits of the hash suffice and are exact as a float.
    over: NDArray[np.bool_] = (ranks >> np.uint64(32)).astype(np.float64) >= shares * 2.0**32
    return over


def _over_cap(
    caps: NDArray[np.float64], places: NDArray[np.int64], ranks: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    over: NDArray[np.bool_] = _rank_in_group(places, ranks) >= caps
    return over


def _limits(table: Mapping[str, float], names: Sequence[str], by: str, default: float) -> NDArray[np.float64]:
    """The share or cap of each name. Documents without a name form no group and get the default."""
    plain = {plain_handle(name) if by == "author" else name: figure for name, figure in table.items()}
    everyone = plain.get(ALL, default)
    return np.array([plain.get(name, everyone if name else default) for name in names], np.float64)


def _rank_in_group(places: NDArray[np.int64], ranks: NDArray[np.uint64]) -> NDArray[np.int64]:
    """The position of each document in its group, lowest hash first."""
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
    """The numbers of the documents kept so far, the index of each one's name, and the names."""
    places: dict[str, int] = {}
    rows, found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for task, numbers in zip(tasks, alive, strict=True):
        mask = kept[numbers]
        rows.append(numbers[mask].astype(np.int64))
        values = pq.read_table(task.texts, columns=[column])[column].filter(mask).to_pylist()
        names = map(plain_handle, values) if column == "author" else values
        found.append(np.array([places.setdefault(name, len(places)) for name in names], np.int64))
    return np.concatenate(rows), np.concatenate(found), list(places)
