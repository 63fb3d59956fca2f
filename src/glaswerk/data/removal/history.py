"""The history of one document: the sources that hold it, each corpus's decision, and what it went into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

from glaswerk.core.artifact_files import (
    DECISIONS,
    DOCUMENTS,
    FORGOTTEN_MARKS,
    LEAKS,
    PARTS,
    PURGED_DOCUMENTS,
    TOMBSTONES,
)
from glaswerk.core.document import Document, from_row
from glaswerk.data.filters.toxicity import listed_words
from glaswerk.data.removal.reach import Removed, derived_links, with_containers, with_derived
from glaswerk.data.store.decisions import KEPT
from glaswerk.data.store.reasons import explain
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten


@dataclass(frozen=True, slots=True)
class Event:
    """What one artifact records about a document, in words and as figures for JSON."""

    kind: str
    name: str
    words: str
    figures: dict[str, Any] = field(default_factory=dict)


def merged_into(lab: Lab, identifier: str) -> list[str]:
    """Ids of the documents that a post went into: its last version, its thread, the post that it repeats."""
    sources = lab.all("source")
    found = with_containers(sources, {identifier})
    for source in sources:
        found |= {row["document"] for row in _rows(source.path / PARTS, "part", identifier)}
    return sorted(found - {identifier})


def in_marks(lab: Lab, identifier: str, document: Document | None, sources: Sequence[str]) -> list[Event]:
    """One event if the lab's marks cover the document (see `glaswerk forget`), else none."""
    forgotten = Forgotten.read(lab.root)
    held = lab.all("source")
    named = Removed.without_derived(held, forgotten)
    removed = with_derived(held, named)
    row = {"id": identifier, "source": "", "retweet_of": "", "text": ""}
    if document is not None:
        row |= {"retweet_of": document.retweet_of, "text": document.text}
    if removed.covers(row) or (sources and removed.sources.issuperset(sources)):
        words = "to be forgotten; `glaswerk rebuild` removes it from corpora, shards and index"
        if identifier in removed.ids - named.ids:
            words = f"derived from what is {words}"
        return [Event("lab", FORGOTTEN_MARKS, words, {"deleted": True})]
    return []


def in_sources(lab: Lab, identifier: str) -> tuple[Document | None, list[Event]]:
    """The document as the first source holds it (None if no source does), and an event for each source that
    knows its id."""
    first: Document | None = None
    events = []
    for source in lab.all("source"):
        for row in _rows(source.path / DOCUMENTS, "id", identifier):
            first = first or from_row(row)
            words = f"added {source.finished_at[:10]}"
            events.append(Event("source", source.name, words, {"at": source.finished_at}))
        if any(_rows(source.path / PURGED_DOCUMENTS, "id", identifier)):
            words = f"purged by {source.finished_at[:10]}: its text is gone"
            events.append(Event("source", source.name, words, {"deleted": True}))
        for row in _rows(source.path / PARTS, "part", identifier):
            words = f"went into {row['document']} ({row['relation']})"
            events.append(Event("source", source.name, words, dict(row)))
        if any(_rows(source.path / TOMBSTONES, "id", identifier)):
            events.append(Event("source", source.name, "its owner deleted it", {"deleted": True}))
    return first, events


def in_derivations(lab: Lab, identifier: str) -> list[Event]:
    """What the document was derived from, and what was derived from it or from a post that it contains."""
    links = derived_links(lab.all("source"))
    parts = [
        row["part"]
        for source in lab.all("source")
        for row in _rows(source.path / PARTS, "document", identifier)
    ]
    above = sorted(parent for parent, children in links.items() if identifier in children)
    below = sorted(set().union(*(links.get(name, ()) for name in (identifier, *parts))))
    found = {"derived from": above, "what was derived from it": below}
    return [
        Event("lab", "derived_from", f"{words}: {_listed(names)}", {words.replace(" ", "_"): names})
        for words, names in found.items()
        if names
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" … ({len(names):,})" if len(names) > 5 else "")


def in_corpora(lab: Lab, identifier: str) -> list[Event]:
    """Each corpus's decision about the document, with the reason and the duplicates that it represents."""
    return [event for made in lab.all("corpus") for event in _decided(made, identifier)]


def _decided(made: Artifact, identifier: str) -> Iterator[Event]:
    for row in _rows(made.path / DECISIONS, "document", identifier):
        figures = {key: value for key, value in row.items() if value not in (None, "")}
        words = str(row["reason"])
        if row["score"] is not None:
            words += f" (score {row['score']:.3f})"
        if row["duplicate_of"]:
            words += f", represented in the corpus by {row['duplicate_of']}"
        if row["reason"] == KEPT:
            copies = [r["document"] for r in _rows(made.path / DECISIONS, "duplicate_of", identifier)]
            kept = next(_rows(made.path / DOCUMENTS, "id", identifier), {})
            figures |= {"split": kept.get("split", ""), "stands_for": copies}
            words = f"kept, in {figures['split']}"
            if kept.get("toxicity"):
                listed = ", ".join(
                    dict.fromkeys(entry for entry, _ in listed_words(kept["text"], kept["lang"]))
                )
                words += f"; lexicon toxicity {kept['toxicity']:.2f} ({listed})"
            words += f"; represents {len(copies)} copies: {', '.join(copies[:5])}" if copies else ""
        else:
            words += f". {explain(row['reason'])}"
        for leak in _rows(made.path / LEAKS, "document", identifier):
            words += f"; contains item {leak['item']} of {leak['set']}: “{leak['ngram']}”"
            figures.setdefault("leaks", []).append({key: leak[key] for key in ("set", "item", "ngram")})
        yield Event("corpus", made.name, words, figures)


def _rows(path: Path, column: str, value: str) -> Iterator[dict[str, Any]]:
    """Rows of a Parquet file with `value` in `column`; only row groups that can hold it are read."""
    if path.exists():
        table = ds.dataset(path, format="parquet")
        for batch in table.scanner(filter=ds.field(column) == value).to_batches():
            yield from batch.to_pylist()
