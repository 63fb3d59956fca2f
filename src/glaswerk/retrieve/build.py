"""Build the passages of a corpus: their texts, where they are in their documents, an index of their terms."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS, PASSAGES
from glaswerk.core.document import Document, from_rows
from glaswerk.core.memory import no_cycle_search
from glaswerk.core.progress import track
from glaswerk.data.curate.settings import AUDIENCES
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.retrieve.calibrate import calibrate
from glaswerk.retrieve.postings import SCHEMA as POSTINGS
from glaswerk.retrieve.postings import PostingWriter
from glaswerk.retrieve.sentences import Span, passages
from glaswerk.retrieve.terms import Terms, words

# A word must be known by more than one misprint to be half of a compound.
_KNOWN = 2
# Two words with capitals inside a sentence: a name, in most languages; so many of the most frequent are kept.
_NAME = re.compile(r"(?<=[a-zß-öø-ÿ,] )[A-ZÄÖÜ][a-zß-öø-ÿ]+ [A-ZÄÖÜ][a-zß-öø-ÿ]+\b")
_NAMES = 24
_SCHEMA = """
PRAGMA page_size = 8192; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE document (
    number INTEGER PRIMARY KEY, row INTEGER NOT NULL, id TEXT NOT NULL, author TEXT NOT NULL,
    source TEXT NOT NULL, lang TEXT NOT NULL, date TEXT NOT NULL, url TEXT NOT NULL, licence TEXT NOT NULL,
    first INTEGER NOT NULL, passages INTEGER NOT NULL
) STRICT;
CREATE TABLE passage (
    number INTEGER PRIMARY KEY, document INTEGER NOT NULL, start INTEGER NOT NULL, text TEXT NOT NULL
) STRICT;
CREATE TABLE frequent (name TEXT NOT NULL) STRICT;
CREATE TABLE known (word TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"""


def build(lab: Lab, corpus: Artifact, *, private: bool = False) -> Artifact:
    """The passages of `corpus`; those of an unchanged corpus are there already and are not made again.

    Documents for few or for nobody else are left out and counted: an answer may quote only what is public.
    private: keep them, for a chat that only their owner reaches.
    """
    whose = AUDIENCES if private else ("public",)
    spec = _spec(corpus, private=private)
    return lab.make(spec, lambda folder: _write(folder / PASSAGES, corpus.path / DOCUMENTS, whose))


def find_passages(lab: Lab, corpus: str) -> Artifact | None:
    """The passages of the corpus of this name as it is now; None for none, or of an older corpus or form."""
    found, made = lab.find("corpus", corpus), lab.find("passages", corpus)
    fits = found and made and made.id in (_spec(found, private=p).id for p in (False, True))
    return made if fits else None


def is_private(passages: Artifact) -> bool:
    """Whether passages of private documents are among them."""
    return bool(passages.config.get("private"))


def _spec(corpus: Artifact, *, private: bool) -> Spec:
    config = {"private": True} if private else {}
    return Spec("passages", corpus.name, "passages/5", {"corpus": corpus.id}, config)


def _write(path: Path, documents: Path, whose: Collection[str]) -> Mapping[str, Any]:
    with no_cycle_search():
        counts = _cut(path, documents, whose)
    rows = pq.ParquetFile(documents).metadata.num_rows
    measured = calibrate(path).to_json()
    return {**counts, **measured, "left_out": {"not_public": rows - counts["documents"]}}


def _cut(path: Path, documents: Path, whose: Collection[str]) -> Counter[str]:
    """Write the file; returns how many documents and passages are in it."""
    known = _known(_shown(documents, whose))
    terms, counts, names = Terms(known.__contains__), Counter[str](), Counter[str]()
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.executescript(_SCHEMA + POSTINGS)
        postings = PostingWriter(db)
        db.execute("BEGIN")
        db.executemany("INSERT INTO known VALUES (?)", ((word,) for word in sorted(known)))
        for row, document in track(_shown(documents, whose), "cutting passages"):
            counts["documents"] += 1
            _add(db, row, document, counts, terms, postings)
            names.update(set(_NAME.findall(document.text)))
        # Not in the statistics, which outlive the file in the ledger.
        common = [(name,) for name, count in names.most_common(_NAMES) if count > 1]
        db.executemany("INSERT INTO frequent VALUES (?)", common)
        postings.finish()
        db.execute("COMMIT")
        # Authors are asked for by name, however it is written.
        db.execute("CREATE INDEX author ON document (author COLLATE NOCASE)")
    return counts


def _add(
    db: sqlite3.Connection,
    place: int,
    document: Document,
    counts: Counter[str],
    terms: Terms,
    postings: PostingWriter,
) -> None:
    date = document.created_at.isoformat() if document.created_at else ""
    own = (place, document.id, document.author, document.source, document.lang, date, document.url)
    cut = passages(document.text)
    row = (counts["documents"], *own, document.rights.licence, counts["passages"] + 1, len(cut))
    db.execute("INSERT INTO document VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    for spans in cut:
        counts["passages"] += 1
        start, stop = _whole(spans)
        text = document.text[start:stop]
        found = terms.of(words(text), document.lang)
        number = counts["passages"]
        db.execute("INSERT INTO passage VALUES (?, ?, ?, ?)", (number, counts["documents"], start, text))
        # An author is asked for by name, too.
        postings.add(chain(terms.of(words(document.author), document.lang), found))


def _whole(spans: list[Span]) -> Span:
    return spans[0][0], spans[-1][1]


def _known(documents: Iterable[tuple[int, Document]]) -> set[str]:
    """Words of German documents that may be halves of compounds."""
    counts: Counter[str] = Counter()
    for _, document in documents:
        if document.lang == "de":
            counts.update(words(document.text))
    return {word for word, count in counts.items() if count >= _KNOWN and len(word) > 2}


def _shown(path: Path, whose: Collection[str]) -> Iterator[tuple[int, Document]]:
    """Documents with text for these audiences, with their rows; dialogues are asked, not searched."""
    first = 0
    for batch in pq.ParquetFile(path).iter_batches(4096):
        for row, document in enumerate(from_rows(batch.to_pylist()), first):
            if document.rights.audience in whose and document.text.strip() and not document.messages:
                yield row, document
        first += len(batch)
