"""The mixture of a corpus: shares and caps by source, language and author, drawn by content hash.

Which documents stay does not depend on chance or on order: those with the lowest hashes do, so that a
larger share holds a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.language import UNKNOWN, tidy_code
from glaswerk.lab.tombstones import plain_handle

if TYPE_CHECKING:
    from glaswerk.data.shard_task import ShardTask

_ALL = "*"
_DRAWS = np.array([1, 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9], np.uint64)
_COLUMNS = {"source": "source", "language": "lang", "author": "author"}


@dataclass(frozen=True)
class MixtureConfig:
    """Shares from 0 to 1 and largest numbers of documents, by name; "*" stands for each name not listed.

    Authors are handles, with or without @; documents without an author have no cap by author.
    """

    share_by_source: dict[str, float] = field(default_factory=dict)
    share_by_language: dict[str, float] = field(default_factory=dict)
    share_by_author: dict[str, float] = field(default_factory=dict)
    cap_by_source: dict[str, int] = field(default_factory=dict)
    cap_by_language: dict[str, int] = field(default_factory=dict)
    cap_by_author: dict[str, int] = field(default_factory=dict)

    def check(self) -> None:
        """Raises GlaswerkError for a share outside 0 to 1 or a negative cap."""
        for by in _COLUMNS:
            for name, share in self.shares(by).items():
                if not 0 <= share <= 1:
                    raise GlaswerkError(
                        f"expected a share of {name!r} between 0 and 1, found {share}",
                        hint="to see some content more often, train more epochs and lower the others' share",
                    )
            for name, cap in self.caps(by).items():
                if cap < 0:
                    raise GlaswerkError(f"expected a cap of {name!r} of 0 or more, found {cap}")
        for name in {*self.share_by_language, *self.cap_by_language} - {_ALL}:
            if tidy_code(name) != name and name != UNKNOWN:
                raise GlaswerkError(
                    f"expected a language code such as 'de' in [curate.mixture] of lab.toml, found {name!r}"
                )

    def check_sources(self, names: Sequence[str]) -> None:
        """Raises GlaswerkError for a source that the lab has not."""
        for name in {*self.share_by_source, *self.cap_by_source} - {_ALL, *names}:
            near = get_close_matches(name, names, n=1)
            raise GlaswerkError(
                f"expected sources of the lab in [curate.mixture] of lab.toml ({', '.join(names)}), "
                f"found {name!r}",
                hint=f"write {near[0]}" if near else None,
            )

    def shares(self, by: str) -> dict[str, float]:
        found: dict[str, float] = getattr(self, f"share_by_{by}")
        return found

    def caps(self, by: str) -> dict[str, int]:
        found: dict[str, int] = getattr(self, f"cap_by_{by}")
        return found


def left_out(
    config: MixtureConfig, tasks: Sequence[ShardTask], alive: Sequence[NDArray[np.uint32]],
    kept: NDArray[np.bool_], ranks: NDArray[np.uint64],
) -> Iterator[tuple[str, NDArray[np.int64]]]:  # fmt: skip
    """(reason, numbers of documents) that go for a share or a cap. `kept` and `ranks` are by document.

    The names of the documents are read only where a setting needs them.
    """
    kept = kept.copy()
    for place, (by, column) in enumerate(_COLUMNS.items()):
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
    everyone = plain.get(_ALL, default)
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
