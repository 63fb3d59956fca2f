"""The documents that answers rest on: searched, and compared with each quote at the moment it is sent."""

from __future__ import annotations

import sqlite3
import threading
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.lab import Artifact, Lab
from glaswerk.retrieve import Answer, Filters, Grounds, Hit, Retriever, find_passages, ground
from glaswerk.retrieve.build import is_private
from glaswerk.retrieve.grounding import QUOTES
from glaswerk.serve.errors import ApiError
from glaswerk.serve.offers.ground_settings import GroundSettings

# Characters of a question that are searched: more is a text, not a question.
LONGEST = 2000


class Content:
    """The passages of one corpus of a lab; newer ones are used as soon as they are there. For any thread."""

    def __init__(self, lab: Lab, settings: GroundSettings) -> None:
        self._lab, self._name, self._private = lab, settings.corpus, settings.private
        self._opening = threading.Lock()
        self._open: tuple[Artifact, Retriever] | None = None

    def there(self) -> bool:
        """Whether there are passages to search."""
        return self._passages() is not None

    def suggestions(self, most: int) -> list[str]:
        """Questions about names that many documents have, as far as one may be quoted now."""
        try:
            _, retriever = self._opened()
            found = (n for n in retriever.names() if any(n in hit.text for hit in retriever.find(n, 3)))
            return [f"Tell me about {name}." for name in islice(found, most)]
        except ApiError:
            return []

    def check(self) -> Artifact:
        """The passages. Raises ApiError 404 if there are none to search."""
        if (found := self._passages()) is None:
            stale = self._lab.find("passages", self._name) and self._lab.find("corpus", self._name)
            have = "is newer than its passages" if stale else "has no passages to quote"
            message = f"the corpus {self._name!r} {have}\nhint: glaswerk index"
            raise ApiError(404, message, code="no_passages")
        return found

    def ground(
        self, question: str, earlier: Sequence[str] = (), filters: Filters | None = None, limit: int = QUOTES
    ) -> Grounds:
        """What the documents say to a question, each quote as its document has it now.

        Raises ApiError 404 if the corpus has no passages, 503 while it is replaced.
        """
        corpus, retriever = self._opened()
        short = [one[-LONGEST:] for one in earlier]
        found = ground(retriever, question[-LONGEST:], short, filters, limit)
        texts = _texts(corpus, [*(quote.hit for quote in found.quotes), *found.near])
        quotes = tuple(q for q in found.quotes if retriever.shows(q.hit.document) and _same(q, texts))
        near = tuple(h for h in found.near if retriever.shows(h.document) and _stands(h, texts))
        verdict = "declined" if found.quotes and not quotes else found.verdict
        return replace(found, quotes=quotes, near=near, verdict=verdict)

    def _opened(self) -> tuple[Artifact, Retriever]:
        passages = self.check()
        with self._opening:
            # Vectors may be done while the server runs.
            made_of = Retriever.would_read(self._lab, passages)
            if self._open is None or self._open[1].made_of != made_of:
                corpus = self._lab.find("corpus", self._name)
                if corpus is None or corpus.id != passages.inputs["corpus"]:
                    raise self._rebuilt()
                try:
                    # Who still asks the old one keeps it open; it is closed with its last reader.
                    self._open = corpus, Retriever.open(self._lab, passages)
                except sqlite3.Error as error:
                    raise self._rebuilt() from error
            return self._open

    def _rebuilt(self) -> ApiError:
        message = f"the corpus {self._name!r} is being rebuilt; try again shortly"
        return ApiError(503, message, code="no_passages", headers={"retry-after": "5"})

    def _passages(self) -> Artifact | None:
        found = find_passages(self._lab, self._name)
        # Made with private documents, for a server that only this machine reaches.
        return None if found is not None and is_private(found) and not self._private else found


def _texts(corpus: Artifact, hits: Sequence[Hit]) -> dict[str, str]:
    """By id, the texts of these documents as the corpus has them now."""
    wanted: defaultdict[int, set[str]] = defaultdict(set)
    found: dict[str, str] = {}
    try:
        file = pq.ParquetFile(corpus.path / DOCUMENTS)
        ends, first = [], 0
        for group in range(file.metadata.num_row_groups):
            first += file.metadata.row_group(group).num_rows
            ends.append(first)
        for hit in hits:
            place = bisect_right(ends, hit.row)
            if place < len(ends):
                wanted[place].add(hit.document)
        for group, names in wanted.items():
            table = file.read_row_group(group, columns=["id", "text"])
            for row, name in enumerate(table["id"].to_pylist()):
                if name in names:
                    found[name] = table["text"][row].as_py()
    except (OSError, ValueError):
        # Another command replaces the corpus just now: what cannot be compared is not shown.
        return {}
    return found


def _same(quote: Answer, texts: dict[str, str]) -> bool:
    text = texts.get(quote.hit.document, "")
    return text[quote.start : quote.end] == quote.text and _stands(quote.hit, texts)


def _stands(hit: Hit, texts: dict[str, str]) -> bool:
    return texts.get(hit.document, "")[hit.start : hit.end] == hit.text
