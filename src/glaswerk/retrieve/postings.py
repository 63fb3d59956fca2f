"""Postings: for each term, the passages that have it and how often, as two lists of bytes; ranked by BM25.

Why not SQLite's FTS5, whose scores are the same ones: with all words of a question it takes six times as
long over 350,000 passages (bench/README.md).
"""

from __future__ import annotations

import json
import math
import sqlite3
import threading
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import groupby, pairwise
from operator import itemgetter

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint32]
SCHEMA = """
CREATE TABLE posting (number INTEGER PRIMARY KEY, passages BLOB NOT NULL, counts BLOB NOT NULL) STRICT;
CREATE TABLE frequency (
    term TEXT PRIMARY KEY, passages INTEGER NOT NULL, posting INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE length (terms BLOB NOT NULL) STRICT;
CREATE TEMP TABLE part (term TEXT NOT NULL, number INTEGER NOT NULL, passages BLOB, counts BLOB) STRICT;
"""
# Entries that are kept in memory before they are written: 4 bytes each, 40 while they are sorted.
_KEPT = 1 << 23
_NO_ENTRY = np.uint64(2**64 - 1)
# Beyond so many times a term says no more of a passage.
_OFTENEST = 255
# The usual constants (Robertson et al. 1994), as in FTS5.
_K1, _B = 1.2, 0.75
_LEAST_WEIGHT = 1e-6
# Counts of terms that are kept in memory.
_REMEMBERED = 1 << 16


class PostingWriter:
    """Collects the terms of passages, which are added in order from number 1; `finish` writes the lists."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._numbers = _Numbers()
        # Of every term of the passages that are not written yet, its number; of every passage, its terms.
        self._kept, self._lengths = array("I"), array("I")
        self._written = self._parts = 0

    def add(self, terms: Iterable[str]) -> None:
        """The terms of the next passage."""
        before = len(self._kept)
        self._kept.extend(map(self._numbers.__getitem__, terms))
        self._lengths.append(len(self._kept) - before)
        if len(self._kept) >= _KEPT:
            self._flush()

    def finish(self) -> None:
        """Write one pair of lists for each term, in the order of terms."""
        self._flush()
        self._db.execute("INSERT INTO length VALUES (?)", (np.array(self._lengths, "<u4").tobytes(),))
        parts = self._db.execute("SELECT term, passages, counts FROM part ORDER BY term, number")
        for number, (term, lists) in enumerate(groupby(parts, itemgetter(0)), 1):
            _, passages, counts = zip(*lists, strict=True)
            row = (number, b"".join(passages), b"".join(counts))
            self._db.execute("INSERT INTO posting VALUES (?, ?, ?)", row)
            self._db.execute("INSERT INTO frequency VALUES (?, ?, ?)", (term, len(row[2]), number))
        self._db.execute("DROP TABLE part")

    def _flush(self) -> None:
        self._parts += 1
        lengths = np.array(self._lengths[self._written :])
        passages = np.repeat(np.arange(1, len(lengths) + 1, dtype=np.uint64) + self._written, lengths)
        # Sorted, equal entries are neighbours: the same term in the same passage.
        every = np.sort(np.array(self._kept, np.uint64) << 32 | passages)
        first = np.flatnonzero(np.diff(every, prepend=_NO_ENTRY))
        counts = np.diff(first, append=len(every)).clip(max=_OFTENEST).astype(np.uint8)
        terms, passages = every[first] >> 32, every[first].astype("<u4")
        borders = np.flatnonzero(np.diff(terms, prepend=_NO_ENTRY))
        names = list(self._numbers)
        rows = (
            (names[terms[start]], self._parts, passages[start:end].tobytes(), counts[start:end].tobytes())
            for start, end in pairwise([*borders.tolist(), len(terms)])
        )
        self._db.executemany("INSERT INTO part VALUES (?, ?, ?, ?)", rows)
        self._written = len(self._lengths)
        del self._kept[:]


class _Numbers(dict[str, int]):
    """Terms by the order in which they first came."""

    def __missing__(self, term: str) -> int:
        self[term] = found = len(self)
        return found


class Postings:
    """The lists in a file that never changes. Safe for several threads, which share `lock` for its use."""

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock) -> None:
        self._db, self._lock = db, lock
        terms = np.frombuffer(db.execute("SELECT terms FROM length").fetchone()[0], "<u4")
        self.passages = len(terms)
        mean = terms.mean() if len(terms) else 1.0
        # By the number of a passage, which counts from 1.
        self._penalty = np.r_[0.0, _K1 * (1 - _B + _B * terms / max(mean, 1.0))].astype(np.float32)
        self._counts: dict[str, int] = {}

    def count(self, term: str) -> int:
        """How many passages have a term."""
        found = self._counts.get(term)
        if found is None:
            with self._lock:
                row = self._db.execute("SELECT passages FROM frequency WHERE term = ?", (term,)).fetchone()
                if len(self._counts) >= _REMEMBERED:
                    self._counts.clear()
                found = self._counts[term] = int(row[0]) if row else 0
        return found

    def with_all(self, words: str) -> str:
        """The numbers of the passages that have every word of "term|term|… term|…", as a JSON list."""
        each = (
            reduce(np.union1d, (self._lists(term)[0] for term in word.split("|"))) for word in words.split()
        )
        return json.dumps(reduce(np.intersect1d, each).tolist())

    def best(
        self, terms: Sequence[str], limit: int, among: Numbers | None = None
    ) -> Iterator[tuple[int, float]]:
        """Numbers and BM25 of the best passages with any of the terms, the best first, in order if equal.

        among: numbers of the passages that are wanted; None for all.
        """
        wanted = None
        if among is not None:
            wanted = np.zeros(len(self._penalty), np.bool_)
            wanted[among] = True
        scores = np.zeros(len(self._penalty), np.float32)
        found = [np.zeros(0, np.uint32)]
        for term in terms:
            passages, counts = self._lists(term)
            if wanted is not None:
                fits = wanted[passages]
                passages, counts = passages[fits], counts[fits]
            times = counts.astype(np.float32)
            scores[passages] += self._weight(term) * times * (_K1 + 1) / (times + self._penalty[passages])
            found.append(passages)
        every = np.concatenate(found)
        own = scores[every]
        # Each passage is in the lists of its terms: so many entries have the best `limit` for certain.
        place = len(every) - limit * len(terms)
        if place > 0:
            every = every[own >= np.partition(own, place)[place]]
        every = np.unique(every)
        order = np.argsort(-scores[every], kind="stable")[:limit]
        return zip(every[order].tolist(), scores[every[order]].tolist(), strict=True)

    def _weight(self, term: str) -> float:
        count = self.count(term)
        return max(math.log((self.passages - count + 0.5) / (count + 0.5)), _LEAST_WEIGHT)

    def _lists(self, term: str) -> tuple[Numbers, npt.NDArray[np.uint8]]:
        sql = (
            "SELECT posting.passages, counts FROM frequency JOIN posting "
            "ON posting.number = frequency.posting WHERE term = ?"
        )
        with self._lock:
            row = self._db.execute(sql, (term,)).fetchone() or (b"", b"")
        return np.frombuffer(row[0], "<u4"), np.frombuffer(row[1], np.uint8)
