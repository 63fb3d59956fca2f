"""What a server may say of training documents: which it may show, how many copies, when they were seen."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from glaswerk.core.document import Document
from glaswerk.data.corpus import document
from glaswerk.data.decisions import DECISIONS
from glaswerk.data.forget import forgotten_ids
from glaswerk.data.history import Event, in_corpora, in_derivations, in_sources
from glaswerk.data.parquet import DOCUMENTS
from glaswerk.data.reasons import explain
from glaswerk.data.rights import reserved_ids
from glaswerk.lab import Artifact
from glaswerk.lab.exposure import exposure_basis
from glaswerk.serve.errors import ApiError
from glaswerk.serve.served import Served
from glaswerk.trace.library import readable
from glaswerk.train.seen import Sightings


class Evidence:
    """Facts about the documents that the served model was trained on. Safe for several threads.

    Never shown is what the lab was told to forget, what owners deleted or reserved, and what is not public,
    from the moment on that it is known, though index and corpus still hold it.
    """

    def __init__(self, served: Served) -> None:
        self._lab, self._corpora = served.lab, served.ancestors()["corpus"]
        self._sightings = Sightings(served.lab, served.artifact)
        self._lock = threading.Lock()
        self._hidden: tuple[str, frozenset[str]] = ("", frozenset())
        self._copies: Mapping[str, int] | None = None

    def hidden(self) -> frozenset[str]:
        """Ids of all documents that may not be shown now."""
        with self._lock:
            basis = exposure_basis(self._lab)
            if self._hidden[0] != basis:
                self._hidden = (basis, self._unshown())
            return self._hidden[1]

    def facts(self, ids: Collection[str]) -> dict[str, dict[str, Any]]:
        """By document: `duplicates`, the copies that it stands for in the corpus; `seen`, see `Seen`."""
        copies, seen = self._copies_of(), self._sightings.of(ids)
        return {
            name: {"duplicates": copies.get(name, 0), "seen": [stage.to_json() for stage in seen[name]]}
            for name in ids
        }

    def whole(self, identifier: str) -> dict[str, Any]:
        """The document as the corpus has it, with its history. Raises ApiError 404 where none is shown."""
        found = self._find(identifier)
        if found is None:
            # One answer for both: that a forgotten document was here is not told either.
            message = f"no training document {identifier[:80]!r} here that may be shown"
            raise ApiError(404, message, param="id", code="document_not_found")
        return _described(found) | self.facts([identifier])[identifier] | self._history(identifier)

    def _find(self, identifier: str) -> Document | None:
        if identifier in self.hidden():
            return None
        return next((d for corpus in self._corpora if (d := document(corpus.path, identifier))), None)

    def _history(self, identifier: str) -> dict[str, Any]:
        hidden = self.hidden()
        links = {
            key: names
            for event in in_derivations(self._lab, identifier)
            for key, names in event.figures.items()
        }
        return {
            "added": [
                {"source": event.name, "at": event.figures["at"]}
                for event in in_sources(self._lab, identifier)[1]
                if "at" in event.figures
            ],
            "decisions": [_decision(event) for event in in_corpora(self._lab, identifier)],
            "derived_from": [name for name in links.get("derived_from", ()) if name not in hidden],
        }

    def _unshown(self) -> frozenset[str]:
        closed = (name for corpus in self._corpora for name in _closed(corpus))
        return frozenset(forgotten_ids(self._lab) | reserved_ids(self._lab) | set(closed))

    def _copies_of(self) -> Mapping[str, int]:
        with self._lock:
            if self._copies is None:
                self._copies = {k: n for corpus in self._corpora for k, n in _copies(corpus)}
            return self._copies


def _described(found: Document) -> dict[str, Any]:
    """A document without what only training needs; a dialogue as readable turns."""
    return {
        "id": found.id, "source": found.source, "kind": found.kind, "author": found.author,
        "created_at": found.created_at.isoformat() if found.created_at else "", "lang": found.lang,
        "licence": found.rights.licence, "acquired": found.rights.acquired, "url": found.url,
        "text": readable(found)[0],
    }  # fmt: skip


def _decision(event: Event) -> dict[str, Any]:
    figures = event.figures
    return {
        "corpus": event.name, "kept": figures["kept"], "rule": figures.get("rule", ""),
        "reason": figures["reason"], "score": figures.get("score"), "split": figures.get("split", ""),
        "meaning": "" if figures["kept"] else explain(figures["reason"]),
    }  # fmt: skip


def _closed(corpus: Artifact) -> Iterator[str]:
    """Documents of a corpus that are not public or whose owners reserved text and data mining."""
    closed = (pc.field("audience") != "public") | pc.field("tdm_opt_out")
    yield from pq.read_table(corpus.path / DOCUMENTS, columns=["id"], filters=closed)["id"].to_pylist()


def _copies(corpus: Artifact) -> Iterator[tuple[str, int]]:
    """How many documents each one stands for, of those that stand for any."""
    if not (corpus.path / DECISIONS).exists():
        return
    column = pq.read_table(corpus.path / DECISIONS, columns=["duplicate_of"])["duplicate_of"]
    for row in pc.value_counts(column.combine_chunks()).to_pylist():
        if row["values"]:
            yield row["values"], row["counts"]
