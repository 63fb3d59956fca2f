"""Find passages for a question: by its rarest terms, ranked by BM25, without what is forgotten."""

from __future__ import annotations

import math
import re
import sqlite3
import threading
import weakref
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.artifact_files import PASSAGES
from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve.nearest import Nearest
from glaswerk.retrieve.postings import Numbers, Postings
from glaswerk.retrieve.support import NEGATIONS
from glaswerk.retrieve.terms import Terms, halves, is_common, stems, words
from glaswerk.retrieve.unshown import Unshown
from glaswerk.retrieve.vectors import find_vectors

# Share of the weight of a question's words that a passage must have, where nothing was measured.
COVERED = 0.5
# Terms that are searched: the rarest say most, and common ones cost most. A word has two, one a language.
_ASKED = 12
# Beyond so many passages with its terms, a question has no further ones, but two in any case.
_READ, _LEAST = 4_000_000, 2
# Passages that are looked at beside those that are wanted: forgotten documents and near copies drop out.
_SPARE = 12
# So many at most where they drop out in masses.
_MOST = 700
_WORD = re.compile(r"\w+")
_HIT = "document.id, row, source, author, date, url, licence, lang, start, text"
# Sentences near to a question that are looked at beside those that are wanted.
_NEAREST = 64
# Share of common words from which the lower passage of two is a copy.
_COPY = 0.9


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents are searched: all that are set must fit. `since` and `until` are ISO dates."""

    author: str = ""
    source: str = ""
    lang: str = ""
    since: str = ""
    until: str = ""

    def by(self, author: str) -> Filters:
        """The same, of one author."""
        return replace(self, author=author)

    def to_json(self) -> dict[str, str]:
        """Those that are set."""
        return {name: value for name, value in asdict(self).items() if value}


FILTERS = tuple(field.name for field in fields(Filters))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage: `text` is what its document has from the character `start` up to `end`.

    `document`: its id; `row`: its row in the corpus. `created_at`: ISO 8601 or "". `score` is BM25,
    comparable within one search. `copies`: further passages that say the same.
    """

    document: str
    row: int
    source: str
    author: str
    created_at: str
    url: str
    licence: str
    lang: str
    start: int
    text: str
    score: float
    copies: int = 0

    @property
    def end(self) -> int:
        """The character of the document after the passage."""
        return self.start + len(self.text)

    def to_json(self) -> dict[str, Any]:
        """As `glaswerk find --json` prints it."""
        return {
            "id": self.document,
            "source": self.source,
            "author": self.author,
            "created_at": self.created_at or None,
            "url": self.url,
            "licence": self.licence,
            "lang": self.lang,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "score": round(self.score, 4),
            "copies": self.copies,
        }


@dataclass(frozen=True, slots=True)
class Meant:
    """A sentence near to a question in meaning: characters `start` to `end` of its document, inside of `hit`.

    The hit's score is their cosine, 0 to 1.
    """

    hit: Hit
    start: int
    end: int


class _Known:
    """Which words may be halves of compounds."""

    def __init__(self, db: sqlite3.Connection, lock: threading.RLock) -> None:
        self._db, self._lock = db, lock

    def __call__(self, word: str) -> bool:
        with self._lock:
            return self._db.execute("SELECT 1 FROM known WHERE word = ?", (word,)).fetchone() is not None


class Retriever:
    """The passages of one corpus. Safe for several threads.

    `threshold`: the share of a question's weight that a passage must have to be quoted; see `calibrate.py`.
    """

    def __init__(
        self,
        file: Path,
        hidden: Callable[[], Collection[str]],
        threshold: float = COVERED,
        name: str = "",
        vectors: Artifact | None = None,
    ) -> None:
        """hidden: gives the ids of documents that must not be shown; name: id of the artifact.

        vectors: those of the sentences, if there are some.
        """
        self.id, self.threshold, self._hidden = name, threshold, hidden
        self._nearest = Nearest(vectors.path) if vectors else None
        # The artifacts that this reads: with others, another one must be opened.
        self.made_of = (name, vectors.id if vectors else None)
        # As a URI: a path may have "#", "?" or "%".
        uri = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
        self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
        # A query may call `passages_with`, which asks the same file.
        self._lock, self._terms_lock = threading.RLock(), threading.Lock()
        # With the last reader the file is closed, too: nothing below may lead back to this object.
        weakref.finalize(self, self._db.close)
        self._is_known = _Known(self._db, self._lock)
        self._found = Terms(self._is_known)
        self._postings = Postings(self._db, self._lock)
        self.passages = self._postings.passages
        self._db.create_function("passages_with", 1, self._postings.with_all, deterministic=True)

    @staticmethod
    def would_read(lab: Lab, passages: Artifact) -> tuple[str, str | None]:
        """`made_of` of what `open` returns now: vectors may be done while a server runs."""
        vectors = find_vectors(lab, passages)
        return passages.id, vectors.id if vectors else None

    @classmethod
    def open(cls, lab: Lab, passages: Artifact) -> Retriever:
        """The passages of a lab, without what it was told to forget since they were made."""
        threshold = float(passages.stats.get("threshold", COVERED))
        vectors = find_vectors(lab, passages)
        return cls(passages.path / PASSAGES, Unshown(lab).ids, threshold, passages.id, vectors)

    def find(self, question: str, limit: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The best passages for a question, the best first; [] if none shares a telling word with it."""
        asked = self._rarest(question)
        hidden, spare = self._hidden(), _SPARE
        while asked:
            found = self._hits(asked, filters or Filters(), limit + spare)
            kept = folded([hit for hit in found if hit.document not in hidden])[:limit]
            # Ten thousand copies of a passage, or of one that is forgotten, must not hide all others.
            if len(kept) == limit or len(found) < limit + spare or spare >= _MOST:
                return kept
            spare *= 8
        return []

    @property
    def has_vectors(self) -> bool:
        """Whether `meant` finds anything."""
        return self._nearest is not None

    def meant(self, question: str, limit: int = 3, filters: Filters | None = None) -> list[Meant]:
        """The sentences nearest to a question in meaning, the nearest first, one of each passage.

        [] if none is near, or if the passages have no vectors.
        """
        if self._nearest is None:
            return []
        passages = self._fitting(filters or Filters())
        hidden, found = self._hidden(), dict[str, Meant]()
        for number, start, end, score in self._nearest.of(question, limit + _NEAREST, passages):
            hit = self._passage(number, score)
            if hit.document not in hidden and len(found) < limit:
                found.setdefault(hit.text, Meant(hit, hit.start + start, hit.start + end))
        return list(found.values())

    def weight(self, word: str) -> float:
        """How telling a word is, in nats: the rarer in passages, the more, and one that is nowhere most."""
        count = max((self._postings.count(term) for term in stems(word)), default=0)
        return math.log1p((self.passages - count + 0.5) / (count + 0.5))

    def is_rare(self, word: str) -> bool:
        """Whether at most one passage in a hundred has the word, as it is with most names."""
        return max(self._postings.count(term) for term in stems(word)) <= max(2, self.passages // 100)

    def knows(self, word: str) -> bool:
        """Whether any passage has the word, or both halves of it."""
        return any(self._postings.count(stem) for stem in stems(word)) or self.halves(word) is not None

    def halves(self, word: str) -> tuple[str, str] | None:
        """A compound's halves, both words of German documents here; None for another word."""
        return halves(word, self._is_known)

    def terms(self, text: str, lang: str) -> frozenset[str]:
        """The terms of a text: stems of every language, since that of a short text is often mistaken."""
        found = words(text)
        with self._terms_lock:
            own = frozenset(self._found.of(found, lang))
        return own.union(*map(stems, found))

    def names(self) -> list[str]:
        """Names that many documents have, the most frequent first."""
        with self._lock:
            return [row[0] for row in self._db.execute("SELECT name FROM frequent ORDER BY rowid")]

    def author(self, name: str) -> str | None:
        """An author's name as the documents spell it, whatever its capitals; None if nobody is called so."""
        sql = "SELECT author FROM document WHERE author = ? COLLATE NOCASE LIMIT 1"
        with self._lock:
            row = self._db.execute(sql, (name,)).fetchone()
        return str(row[0]) if row else None

    def newest(self, filters: Filters, limit: int) -> list[Hit]:
        """The first passages of the newest documents with a date, the newest first."""
        wanted, values = _conditions(filters)
        sql = (
            f"SELECT {_HIT}, 0.0 FROM document JOIN passage ON passage.document = document.number "
            f"WHERE date != '' AND start = 0 {wanted} ORDER BY date DESC LIMIT {limit + _SPARE}"
        )
        hidden = self._hidden()
        with self._lock:
            found = [Hit(*row) for row in self._db.execute(sql, values)]
        return folded([hit for hit in found if hit.document not in hidden])[:limit]

    def count(self, about: str, filters: Filters) -> tuple[int, str]:
        """How many documents have all telling words of `about` in one passage, and the query that says so."""
        asked = [word for word in words(about) if not is_common(word)]
        wanted, values = _conditions(filters)
        every = " ".join("|".join(stems(word)) for word in asked)
        source = (
            "passage JOIN document ON document.number = passage.document "
            "WHERE passage.number IN (SELECT value FROM json_each(passages_with(?)))"
            if every
            else "document WHERE true"
        )
        sql = f"SELECT DISTINCT document.id FROM {source}{wanted}"
        given = [every, *values] if every else values
        hidden = self._hidden()
        with self._lock:
            found = {row[0] for row in self._db.execute(sql, given)}
        # A value may have a "?" itself: each takes the place of one sign of the query alone.
        quoted = iter(value.replace("'", "''") for value in given)
        return len(found.difference(hidden)), re.sub(r"\?", lambda _: f"'{next(quoted)}'", sql)

    def shows(self, document: str) -> bool:
        """Whether a document may be quoted now."""
        return document not in self._hidden()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _rarest(self, question: str) -> list[str]:
        """The terms that are searched: few, and no common one where rare ones are there."""
        asked = [word for word in words(question) if not is_common(word)] or words(question)
        found = {term: self._postings.count(term) for word in asked for term in self._terms(word)}
        kept: list[str] = []
        room = _READ
        for term in sorted((term for term, count in found.items() if count), key=lambda t: found[t]):
            room -= found[term]
            if len(kept) >= _ASKED or (len(kept) >= _LEAST and room < 0):
                break
            kept.append(term)
        return kept

    def _terms(self, word: str) -> list[str]:
        pair = self.halves(word) or ()
        return [term for each in (word, *pair) for term in stems(each)]

    def _fitting(self, filters: Filters) -> Numbers | None:
        """The numbers of the passages that fit, in order; None for all."""
        wanted, values = _conditions(filters)
        if not wanted:
            return None
        with self._lock:
            found = self._db.execute(f"SELECT first, passages FROM document WHERE true {wanted}", values)
            first, count = np.array(found.fetchall(), np.uint32).reshape(-1, 2).T
        # The passages of a document follow one another.
        before = np.cumsum(count) - count
        return (np.repeat(first - before, count) + np.arange(count.sum())).astype(np.uint32)

    def _passage(self, number: int, score: float) -> Hit:
        sql = (
            f"SELECT {_HIT}, ? FROM passage JOIN document ON document.number = passage.document "
            "WHERE passage.number = ?"
        )
        with self._lock:
            return Hit(*self._db.execute(sql, (score, number)).fetchone())

    def _hits(self, asked: Sequence[str], filters: Filters, count: int) -> list[Hit]:
        best = self._postings.best(asked, count, self._fitting(filters))
        return [self._passage(number, score) for number, score in best]


def folded(hits: Sequence[Hit]) -> list[Hit]:
    """Without passages that say what a better one says; they are counted there."""
    kept: list[tuple[frozenset[str], Hit]] = []
    for hit in hits:
        own = frozenset(_WORD.findall(hit.text))
        same = next((i for i, (other, _) in enumerate(kept) if _alike(own, other)), None)
        if same is None:
            kept.append((own, hit))
        else:
            other, best = kept[same]
            kept[same] = (other, replace(best, copies=best.copies + 1))
    return [hit for _, hit in kept]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Most words are the same, and no number, name or negation is another: that would contradict."""
    small, large = sorted((len(one), len(other)))
    # Sets of other sizes cannot share that much: most pairs end here.
    if small < _COPY * large or len(one & other) < _COPY * len(one | other):
        return False
    return not any(
        word[0].isupper() or word in NEGATIONS or any(map(str.isdigit, word)) for word in one ^ other
    )


def _conditions(filters: Filters) -> tuple[str, list[str]]:
    tests = {
        "author = ?": filters.author,
        "source = ?": filters.source,
        "lang = ?": filters.lang,
        "date >= ?": filters.since,
        "date != '' AND substr(date, 1, 10) <= ?": filters.until,
    }
    used = {test: value for test, value in tests.items() if value}
    return "".join(f" AND {test}" for test in used), list(used.values())
