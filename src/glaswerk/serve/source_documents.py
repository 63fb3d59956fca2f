"""What the sources panel may show of a training document: its text, copies, history, and when it was trained
on.

Documents that were forgotten, deleted, reserved or are not public are hidden here, for every endpoint.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document
from glaswerk.data.removal.history import Event, in_corpora, in_derivations, in_sources
from glaswerk.data.removal.reach import forgotten_ids
from glaswerk.data.removal.rights import reserved_ids
from glaswerk.data.store.corpus import document
from glaswerk.data.store.reasons import explain
from glaswerk.lab import Artifact
from glaswerk.lineage.exposure import exposure_basis
from glaswerk.rerun.first_seen import Sightings
from glaswerk.serve.errors import ApiError
from glaswerk.serve.served_model import ServedModel
from glaswerk.trace.matched_documents import readable


class SourceDocuments:
    """The documents that the served model was trained on. Safe for several threads.

    Documents that the lab was told to forget, that their owners deleted or reserved, or that are not public
    are hidden as soon as this is known, even while the index and the corpus still contain them.
    """

    def __init__(
        self, served: ServedModel, quoted: Sequence[Artifact] = (), *, private: bool = False
    ) -> None:
        """quoted: corpora that the model need not have seen. private: private documents are shown."""
        self._private = private
        own = served.ancestors()["corpus"]
        seen = {corpus.id for corpus in own}
        self._lab, self._corpora = served.lab, [*own, *(c for c in quoted if c.id not in seen)]
        self._sightings = Sightings(served.lab, served.artifact)
        self._lock = threading.Lock()
        self._hidden: tuple[str, frozenset[str]] = ("", frozenset())

    def hidden(self) -> frozenset[str]:
        """Ids of all documents that must not be shown."""
        with self._lock:
            basis = exposure_basis(self._lab)
            if self._hidden[0] != basis:
                self._hidden = (basis, self._unshown())
            return self._hidden[1]

    def seen(self, ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """By document id: the training stages that used it, with epochs and first step (see `Seen`)."""
        return {name: [stage.to_json() for stage in seen] for name, seen in self._sightings.of(ids).items()}

    def details(self, identifier: str) -> dict[str, Any]:
        """The document with its history, for `GET /v1/documents/{id}`.

        Raises ApiError 404 if it does not exist or must not be shown.
        """
        # The same response for all three: it must not reveal that a forgotten document was here.
        missing = ApiError(
            404,
            f"no training document {identifier[:80]!r} that may be shown",
            param="id",
            code="document_not_found",
        )
        try:
            if (found := self._find(identifier)) is None:
                raise missing
            stages = self.seen([identifier])[identifier]
            return _described(found) | {"seen": stages} | self._history(identifier)
        except FileNotFoundError:
            # Another command is replacing the corpus just now.
            raise missing from None

    def _find(self, identifier: str) -> Document | None:
        if identifier in self.hidden():
            return None
        return next((d for corpus in self._corpora if (d := document(corpus.path, identifier))), None)

    def _history(self, identifier: str) -> dict[str, Any]:
        hidden, decided = self.hidden(), in_corpora(self._lab, identifier)
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
            "duplicates": self._duplicates(decided, hidden),
            "decisions": [_decision(event) for event in decided],
            "derived_from": [name for name in links.get("derived_from", ()) if name not in hidden],
        }

    def _unshown(self) -> frozenset[str]:
        closed = (name for corpus in self._corpora for name in closed_ids(corpus, private=self._private))
        return frozenset(forgotten_ids(self._lab) | reserved_ids(self._lab) | set(closed))

    def _duplicates(self, decided: Sequence[Event], hidden: frozenset[str]) -> int:
        """How many showable documents curation dropped as duplicates of this one."""
        names = {corpus.name for corpus in self._corpora}
        there = [event.figures.get("stands_for", ()) for event in decided if event.name in names]
        return max((sum(name not in hidden for name in left_out) for left_out in there), default=0)


def _described(found: Document) -> dict[str, Any]:
    """The fields of a document that the page shows; a dialogue as readable turns."""
    return {
        "id": found.id,
        "source": found.source,
        "kind": found.kind,
        "author": found.author,
        "created_at": found.created_at.isoformat() if found.created_at else "",
        "lang": found.lang,
        "licence": found.rights.licence,
        "acquired": found.rights.acquired,
        "url": found.url,
        "text": readable(found)[0],
    }


def _decision(event: Event) -> dict[str, Any]:
    figures = event.figures
    return {
        "corpus": event.name,
        "kept": figures["kept"],
        "rule": figures.get("rule", ""),
        "reason": figures["reason"],
        "score": figures.get("score"),
        "split": figures.get("split", ""),
        "meaning": "" if figures["kept"] else explain(figures["reason"]),
    }


def closed_ids(corpus: Artifact, *, private: bool) -> Iterator[str]:
    """Ids of documents in a corpus that are not public or whose owners opted out of data mining.

    private: private ones may be shown.
    """
    closed = (
        pc.field("tdm_opt_out") if private else (pc.field("audience") != "public") | pc.field("tdm_opt_out")
    )
    yield from pq.read_table(corpus.path / DOCUMENTS, columns=["id"], filters=closed)["id"].to_pylist()
