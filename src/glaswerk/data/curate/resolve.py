"""Decisions that compare documents: repeated ids, the mixture, exact and near duplicates, splits.

Memory: about 130 bytes per document, measured up to five million; the texts of candidates are on disk.
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
from glaswerk.data.curate.mixture import mixture_drops
from glaswerk.data.curate.settings import CurateConfig
from glaswerk.data.curate.shard_task import ShardTask
from glaswerk.data.filters import duplicates
from glaswerk.data.store.decisions import CODES, KEPT

_STRICT = ("deleted", "rights-opt-out", "private-audience")
_KEPT = CODES[KEPT]
# Words kept in memory for comparisons, about 150 bytes each with their shingles.
_HELD = 1 << 20


@dataclass(slots=True)
class Outcome:
    """The decision on each document of the lab, in the order (source, id).

    `reasons`: codes of CODES. `scores`: NaN for none. `duplicate_of`: the number of the document kept instead
    of it, -1 for none. `families`: indices into FAMILIES. `contents`: 128-bit content hash, shape (documents,
    2). All other arrays have the shape (documents,).
    """

    reasons: NDArray[np.uint8]
    scores: NDArray[np.float64]
    duplicate_of: NDArray[np.int64]
    families: NDArray[np.uint8]
    contents: NDArray[np.uint64]
    # Hash of the text as the source has it, which does not depend on settings or other documents.
    ranks: NDArray[np.uint64]
    # Which of several copies stays: the one with the highest merit, of equal ones the first.
    merits: NDArray[np.uint8]

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Which documents are kept."""
        kept: NDArray[np.bool_] = self.reasons == _KEPT
        return kept


def resolve(tasks: Sequence[ShardTask], config: CurateConfig, scratch: Path) -> Outcome:
    """Compare the documents of all tasks, which must be done.

    Of several copies the one with an author, a date and the stricter audience stays, in this order; of equal
    ones the first.
    """
    keys = [task.keys() for task in tasks]
    found = Outcome(
        reasons=np.concatenate([k.reasons for k in keys]),
        scores=np.concatenate([k.scores for k in keys]),
        duplicate_of=np.full(sum(len(k.reasons) for k in keys), -1, np.int64),
        families=np.concatenate([k.families for k in keys]),
        contents=np.concatenate([k.contents for k in keys]),
        ranks=np.concatenate([k.ranks for k in keys]),
        merits=np.concatenate([k.merits for k in keys]),
    )
    _repeated_ids(found, np.concatenate([k.posts for k in keys]))
    alive = [k.alive + np.uint32(task.first) for k, task in zip(keys, tasks, strict=True)]
    del keys
    # Before duplicates are found: a copy by someone else must not be dropped along with its original.
    for reason, rows in mixture_drops(config.mixture, tasks, alive, found.kept, found.contents[:, 1]):
        found.reasons[rows] = CODES[reason]
    if "exact-duplicate" not in config.off:
        _exact_duplicates(found)
    if config.near_duplicate < 1.0 and "near-duplicate" not in config.off:
        _near_duplicates(found, tasks, alive, config.near_duplicate, scratch)
    return found


def _repeated_ids(found: Outcome, posts: NDArray[np.uint64]) -> None:
    """Of several copies of a post of X, the best that passes all rules stays.

    If one copy is deleted, reserved or not public, all copies are treated so: the strictest applies.
    """
    for reason in _STRICT:
        named = np.unique(posts[(found.reasons == CODES[reason]) & (posts != 0)])
        others = np.isin(posts, named) & found.kept
        found.reasons[others], found.scores[others] = CODES[reason], np.nan
    rows = np.flatnonzero((posts != 0) & found.kept)
    again, bests = _again(rows, posts[rows][:, None], found.merits[rows])
    found.reasons[again], found.scores[again], found.duplicate_of[again] = (
        CODES["repeated-id"],
        np.nan,
        bests,
    )


def _exact_duplicates(found: Outcome) -> None:
    rows = np.flatnonzero(found.kept)
    again, bests = _again(rows, found.contents[rows], found.merits[rows])
    found.reasons[again], found.scores[again], found.duplicate_of[again] = (
        CODES["exact-duplicate"],
        1.0,
        bests,
    )


def _again(
    rows: NDArray[np.int64], keys: NDArray[np.uint64], merits: NDArray[np.uint8]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows whose key a better or an equal earlier row has, and the best row with that key.

    `keys`: (rows, columns); `merits`: (rows,). The sort is stable, so equal rows stay in their order.
    """
    order = np.lexsort((255 - merits, *keys.T))
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
        order, ordered = _best_first(found.merits, pairs)
        for better, worse in track(duplicates.to_pairs(ordered), "comparing documents", len(pairs)):
            stays, goes = int(order[better]), int(order[worse])
            if found.reasons[goes] == _KEPT == found.reasons[stays]:
                share = texts.overlap(stays, goes)
                if share >= threshold:
                    found.reasons[goes], found.scores[goes] = CODES["near-duplicate"], round(share, 4)
                    found.duplicate_of[goes] = stays
    # The document kept instead of an exact duplicate may itself be a near duplicate of another one.
    for _ in range(2):
        moved = (found.duplicate_of >= 0) & (found.reasons[found.duplicate_of] != _KEPT)
        found.duplicate_of[moved] = found.duplicate_of[found.duplicate_of[moved]]


def _best_first(
    merits: NDArray[np.uint8], pairs: NDArray[np.uint64]
) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """All documents from the best to the worst, and the pairs by places in that order, sorted.

    With equal merits, places are the documents' own numbers.
    """
    order = np.argsort(255 - merits, kind="stable")
    places = np.empty(len(order), np.uint64)
    places[order] = np.arange(len(order), dtype=np.uint64)
    one, other = places[pairs & np.uint64(0xFFFFFFFF)], places[pairs >> np.uint64(32)]
    return order, np.sort((np.maximum(one, other) << np.uint64(32)) | np.minimum(one, other))


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
    """The texts of candidate documents in a file on disk, to compute their overlaps."""

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
        """See `duplicates.overlap`; both are numbers of documents."""
        return duplicates.overlap_of(self._words(earlier), self._words(later))

    def _words(self, row: int) -> duplicates.Words:
        """The words of a document; the most recently used are cached."""
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
    """The texts of the documents `rows` (ascending), in that order."""
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
    """1 for each document held out for validation, 0 for the others; uint8 of shape (documents,).

    The hash of a document's text decides, so other documents do not matter. One exception: if a family has
    several documents and no hash falls below the share, the document with the lowest hash is held out, so
    that training on very few documents can be validated.
    """
    held = np.zeros(len(ranks), np.uint8)
    for family in np.unique(families):
        rows = np.flatnonzero(families == family)
        limit = int(share * 2**64)
        if share > 0 and len(rows) > 1:
            limit = max(limit, int(ranks[rows].min()) + 1)
        # A share of at most 0.5 keeps the limit within 64 bits, unless the lowest hash is 2**64 - 1.
        held[rows] = ranks[rows] <= np.uint64(max(limit - 1, 0)) if limit else 0
    return held
