"""What can only be said by comparing documents: repeated ids, exact and near duplicates, splits.

Memory: some 130 bytes a document, measured up to five million; the texts of candidates lie on disk.
"""

from __future__ import annotations

import mmap
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from glaswerk.core.progress import progress_bar, track
from glaswerk.data.curate.mixture import left_out
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.curate.shard_task import ShardTask
from glaswerk.data.filters import duplicates
from glaswerk.data.store.decisions import CODES, KEPT

_STRICT = ("deleted", "rights-opt-out", "private-audience")
_KEPT = CODES[KEPT]
# Words of texts at hand, of some 150 bytes each with their sequences.
_HELD = 1 << 20


@dataclass(slots=True)
class Outcome:
    """By document of the lab, in the order (source, id): what became of it.

    `stands` is the number of the document kept in its place, -1 where there is none.
    """

    reasons: NDArray[np.uint8]
    scores: NDArray[np.float64]
    stands: NDArray[np.int64]
    families: NDArray[np.uint8]
    contents: NDArray[np.uint64]
    # Hash of the text as the source has it, which no setting and no other document changes.
    ranks: NDArray[np.uint64]

    @property
    def kept(self) -> NDArray[np.bool_]:
        kept: NDArray[np.bool_] = self.reasons == _KEPT
        return kept


def resolve(tasks: Sequence[ShardTask], config: CurateConfig, scratch: Path) -> Outcome:
    """Compare the documents of all tasks, which are done. Of equal or nearly equal ones the first stays."""
    keys = [task.keys() for task in tasks]
    found = Outcome(
        reasons=np.concatenate([k.reasons for k in keys]),
        scores=np.concatenate([k.scores for k in keys]),
        stands=np.full(sum(len(k.reasons) for k in keys), -1, np.int64),
        families=np.concatenate([k.families for k in keys]),
        contents=np.concatenate([k.contents for k in keys]),
        ranks=np.concatenate([k.ranks for k in keys]),
    )
    _repeated_ids(found, np.concatenate([k.posts for k in keys]))
    alive = [k.alive + np.uint32(task.first) for k, task in zip(keys, tasks, strict=True)]
    del keys
    # Before duplicates are looked for: a copy by others must not go with what it repeats.
    for reason, rows in left_out(config.mixture, tasks, alive, found.kept, found.contents[:, 1]):
        found.reasons[rows] = CODES[reason]
    if "exact-duplicate" not in config.off:
        _exact_duplicates(found)
    if config.near_duplicate < 1.0 and "near-duplicate" not in config.off:
        _near_duplicates(found, tasks, alive, config.near_duplicate, scratch)
    return found


def _repeated_ids(found: Outcome, posts: NDArray[np.uint64]) -> None:
    """Of several copies of a post of X the first that passes all rules stays.

    What one copy says of audience, reservation or deletion holds for all: the strictest is right.
    """
    for reason in _STRICT:
        named = np.unique(posts[(found.reasons == CODES[reason]) & (posts != 0)])
        others = np.isin(posts, named) & found.kept
        found.reasons[others], found.scores[others] = CODES[reason], np.nan
    rows = np.flatnonzero((posts != 0) & found.kept)
    again, firsts = _again(rows, posts[rows][:, None])
    found.reasons[again], found.scores[again], found.stands[again] = CODES["repeated-id"], np.nan, firsts


def _exact_duplicates(found: Outcome) -> None:
    rows = np.flatnonzero(found.kept)
    again, firsts = _again(rows, found.contents[rows])
    found.reasons[again], found.scores[again], found.stands[again] = CODES["exact-duplicate"], 1.0, firsts


def _again(rows: NDArray[np.int64], keys: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows whose key an earlier row has, and those earlier ones; `keys` of shape (rows, columns)."""
    order = np.lexsort(keys.T)
    ordered = keys[order]
    begins = np.ones(len(rows), bool)
    begins[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    first = np.maximum.accumulate(np.where(begins, np.arange(len(rows)), 0))
    return rows[order[~begins]], rows[order[first[~begins]]]


def _near_duplicates(
    found: Outcome,
    tasks: Sequence[ShardTask],
    alive: Sequence[NDArray[np.uint32]],
    threshold: float,
    scratch: Path,
) -> None:
    pairs = np.zeros(0, np.uint64)
    with progress_bar("finding near duplicates", duplicates.BANDS) as bar:
        for band in range(duplicates.BANDS):
            pairs = np.union1d(pairs, _band_pairs(found, tasks, alive, band))
            bar.advance()
    rows = np.union1d(pairs & np.uint64(0xFFFFFFFF), pairs >> np.uint64(32)).astype(np.int64)
    with _Texts(tasks, alive, rows, scratch) as texts:
        for earlier, later in track(duplicates.to_pairs(pairs), "comparing documents", len(pairs)):
            if found.reasons[later] == _KEPT == found.reasons[earlier]:
                share = texts.overlap(earlier, later)
                if share >= threshold:
                    found.reasons[later], found.scores[later] = CODES["near-duplicate"], round(share, 4)
                    found.stands[later] = earlier
    # What stands for an exact duplicate may itself be a near duplicate of another document.
    for _ in range(2):
        moved = (found.stands >= 0) & (found.reasons[found.stands] != _KEPT)
        found.stands[moved] = found.stands[found.stands[moved]]


def _band_pairs(
    found: Outcome, tasks: Sequence[ShardTask], alive: Sequence[NDArray[np.uint32]], band: int
) -> NDArray[np.uint64]:
    keys, rows = [], []
    for task, numbers in zip(tasks, alive, strict=True):
        column = task.band(band)
        wanted = (column != 0) & found.kept[numbers]
        keys.append(column[wanted])
        rows.append(numbers[wanted])
    return duplicates.pairs(np.concatenate(keys), np.concatenate(rows))


class _Texts:
    """Texts of some documents in a file on disk, and their overlaps."""

    def __init__(
        self,
        tasks: Sequence[ShardTask],
        alive: Sequence[NDArray[np.uint32]],
        rows: NDArray[np.int64],
        path: Path,
    ) -> None:
        self._path = path / "candidates"
        self._rows = rows
        ends = [0]
        with self._path.open("wb") as file:
            for text in _chosen(tasks, alive, rows):
                ends.append(ends[-1] + file.write(text.encode()))
        self._ends = np.array(ends, np.int64)
        self._file = self._path.open("rb")
        self._bytes = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ) if ends[-1] else b""
        self._held: OrderedDict[int, duplicates.Words] = OrderedDict()
        self._words_held = 0

    def __enter__(self) -> _Texts:
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self._bytes, mmap.mmap):
            self._bytes.close()
        self._file.close()
        self._path.unlink()

    def overlap(self, earlier: int, later: int) -> float:
        return duplicates.overlap_of(self._words(earlier), self._words(later))

    def _words(self, row: int) -> duplicates.Words:
        """The words of a document; those looked at last are at hand."""
        if row not in self._held:
            place = int(np.searchsorted(self._rows, row))
            start, end = self._ends[place : place + 2].tolist()
            self._held[row] = duplicates.Words.of(self._bytes[start:end].decode())
            self._words_held += self._held[row].count
            while self._words_held > _HELD and len(self._held) > 2:
                self._words_held -= self._held.popitem(last=False)[1].count
        return self._held[row]


def _chosen(
    tasks: Sequence[ShardTask], alive: Sequence[NDArray[np.uint32]], rows: NDArray[np.int64]
) -> Iterator[str]:
    """Texts of the documents `rows`, in that order."""
    for task, numbers in zip(tasks, alive, strict=True):
        start = 0
        with pq.ParquetFile(task.texts) as file:
            for group in range(file.num_row_groups):
                count = file.metadata.row_group(group).num_rows
                places = np.flatnonzero(np.isin(numbers[start : start + count], rows, assume_unique=True))
                start += count
                if len(places):
                    yield from file.read_row_group(group, columns=["text"])["text"].take(places).to_pylist()


def assign_splits(ranks: NDArray[np.uint64], families: NDArray[np.uint8], share: float) -> NDArray[np.uint8]:
    """1 for each document held out for validation, by the hash of its text, so that others do not matter.

    One exception: where no hash of several in a family falls below the share, the lowest is held out, so
    that training on a handful of documents can be validated at all.
    """
    held = np.zeros(len(ranks), np.uint8)
    for family in np.unique(families):
        rows = np.flatnonzero(families == family)
        limit = int(share * 2**64)
        if share > 0 and len(rows) > 1:
            limit = max(limit, int(ranks[rows].min()) + 1)
        # A share of at most 0.5 keeps the limit within 64 bits, but for a lowest hash that is the highest.
        held[rows] = ranks[rows] <= np.uint64(max(limit - 1, 0)) if limit else 0
    return held
