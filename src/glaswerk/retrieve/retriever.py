"""Find passages for a question: by its rarest terms, ranked by BM25, without what is forgotten."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import PASSAGES
from glaswerk.core.document import Document
from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve.terms import halves, is_common, stems, words
from glaswerk.trace.hidden_documents import HiddenDocuments
from glaswerk.trace.matched_documents import DocumentCache

# Terms that are searched: the rarest say most, and common ones cost most.
_ASKED = 6
# Passages that are looked at before those of forgotten documents and near copies are dropped.
_LOOKED = 64
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


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage: `text` is `document.text[start:end]`. `score` is BM25, comparable within one search.

    `copies`: further passages that say the same.
    """

    document: Document
    start: int
    end: int
    score: float
    copies: int = 0

    @property
    def text(self) -> str:
        """The words of the document."""
        return self.document.text[self.start : self.end]

    def to_json(self) -> dict[str, Any]:
        """With what leads to the document."""
        date = self.document.created_at
        return {
            "id": self.document.id,
            "source": self.document.source,
            "author": self.document.author,
            "created_at": date.isoformat() if date else None,
            "url": self.document.url,
            "licence": self.document.rights.licence,
            "lang": self.document.lang,
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "score": round(self.score, 4),
            "copies": self.copies,
        }


class Retriever:
    """The passages of one corpus. Safe for several threads."""

    def __init__(self, lab: Lab, passages: Artifact, corpus: Path) -> None:
        self._documents, self._hidden = DocumentCache(corpus), HiddenDocuments(lab)
        uri = f"file:{passages.path / PASSAGES}?mode=ro&immutable=1"
        self._db = sqlite3.connect(uri, uri=True, check_same_thread=False)
        self._db.execute("CREATE VIRTUAL TABLE temp.vocabulary USING fts5vocab (main, terms, row)")
        self._lock = threading.Lock()
        self.passages = int(self._db.execute("SELECT count(*) FROM passage").fetchone()[0])

    def find(self, question: str, limit: int = 10, filters: Filters | None = None) -> list[Hit]:
        """The best passages for a question, the best first; [] if none shares a telling word with it."""
        asked = self._rarest(question)
        if not asked:
            return []
        hidden = self._hidden.ids()
        found = [row for row in self._rows(asked, filters or Filters()) if row[0] not in hidden]
        documents = self._documents.get(list(dict.fromkeys(row[0] for row in found)))
        hits = [Hit(documents[name], start, stop, -score) for name, start, stop, score in found]
        return folded(hits)[:limit]

    def weight(self, word: str) -> float:
        """How telling a word is, in nats: the rarer in passages, the more, and one that is nowhere most."""
        count = max((self._count(term) for term in stems(word)), default=0)
        return math.log1p((self.passages - count + 0.5) / (count + 0.5))

    def is_rare(self, word: str) -> bool:
        """Whether at most one passage in a hundred has the word, as it is with most names."""
        return max(self._count(term) for term in stems(word)) <= max(2, self.passages // 100)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _rarest(self, question: str) -> list[str]:
        asked = [word for word in words(question) if not is_common(word)] or words(question)
        found = {term: self._count(term) for word in asked for term in self._terms(word)}
        return sorted((term for term, count in found.items() if count), key=lambda t: found[t])[:_ASKED]

    def _terms(self, word: str) -> list[str]:
        pair = halves(word, self._is_known) or ()
        return [term for each in (word, *pair) for term in stems(each)]

    def _is_known(self, word: str) -> bool:
        with self._lock:
            return self._db.execute("SELECT 1 FROM known WHERE word = ?", (word,)).fetchone() is not None

    def _count(self, term: str) -> int:
        with self._lock:
            row = self._db.execute("SELECT doc FROM temp.vocabulary WHERE term = ?", (term,)).fetchone()
        return int(row[0]) if row else 0

    def _rows(self, asked: Sequence[str], filters: Filters) -> list[tuple[str, int, int, float]]:
        wanted, values = _conditions(filters)
        query = " OR ".join(f'"{term}"' for term in asked)
        sql = (
            "SELECT document.id, start, stop, bm25(terms) AS score FROM terms "
            "JOIN passage ON passage.number = terms.rowid "
            "JOIN document ON document.number = passage.document "
            f"WHERE terms MATCH ? {wanted} ORDER BY score, passage.number LIMIT {_LOOKED}"
        )
        with self._lock:
            return self._db.execute(sql, (query, *values)).fetchall()


def folded(hits: Sequence[Hit]) -> list[Hit]:
    """Without passages that say what a better one says; they are counted there."""
    kept: list[tuple[frozenset[str], Hit]] = []
    for hit in hits:
        own = frozenset(words(hit.text))
        same = next((i for i, (other, _) in enumerate(kept) if _alike(own, other)), None)
        if same is None:
            kept.append((own, hit))
        else:
            other, best = kept[same]
            kept[same] = (other, Hit(best.document, best.start, best.end, best.score, best.copies + 1))
    return [hit for _, hit in kept]


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= _COPY * max(1, len(one | other))


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
