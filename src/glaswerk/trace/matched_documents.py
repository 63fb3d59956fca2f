"""The documents that contain a match: read from the corpus, cached, and excerpted around the match."""

from __future__ import annotations

import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DECISIONS
from glaswerk.core.document import Document, Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.corpus import documents
from glaswerk.trace.results import Match
from glaswerk.trace.word_tokens import occurrences

# Documents up to this many characters are shown in full, longer ones half as many to each side of the match.
_WINDOW = 2000
_KEPT = 8192


class DocumentCache:
    """Documents of one corpus by id; keeps the last 8,192 in memory. Safe for several threads."""

    def __init__(self, corpus: Path) -> None:
        self._corpus = corpus
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, ids: Sequence[str]) -> dict[str, Document]:
        """Documents by id. Raises GlaswerkError if the corpus lacks one of them."""
        with self._lock:
            missing = sorted(set(ids) - self._kept.keys())
            if missing:
                self._kept |= documents(self._corpus, missing)
            absent = [identifier for identifier in ids if identifier not in self._kept]
            if absent:
                raise GlaswerkError(
                    f"the corpus {self._corpus.name!r} lacks the document {absent[0]!r} of the shards",
                    hint=f"glaswerk verify corpus:{self._corpus.name}",
                )
            for identifier in ids:
                self._kept.move_to_end(identifier)
            found = {identifier: self._kept[identifier] for identifier in ids}
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return found

    def copies(self, among: Collection[str]) -> dict[str, int]:
        """How many of the documents `among` curation dropped as duplicates of each document that it kept."""
        return copies_of(self._corpus, among)


def locate(document: Document, span: str, split: str, *, side: str = "", duplicates: int = 0) -> Match | None:
    """The first occurrence of `span` in the document, with the text around it.

    None if it occurs only in text that a chat template wrote between the document's own words.
    """
    text, parts = readable(document, side)
    place = next(_places(text, parts, span), None)
    if place is None and not unicodedata.is_normalized("NFC", text):
        # Some adopted tokenizers compose accents, so the tokens are those of the composed text.
        return locate(_composed(document), span, split, side=side, duplicates=duplicates)
    if place is None:
        return None
    start, end = _window(text, place, place + len(span))
    return Match(
        id=document.id,
        author=document.author,
        text=text[start:end],
        created_at=document.created_at.isoformat() if document.created_at else "",
        match_start=place - start,
        match_end=place + len(span) - start,
        licence=document.rights.licence,
        url=document.url,
        source=document.source,
        kind=document.kind,
        split=split,
        side=side,
        duplicates=duplicates,
    )


def copies_of(corpus: Path, among: Collection[str] | None = None) -> dict[str, int]:
    """By kept document: how many documents (of `among`, or of all) curation dropped as its duplicates."""
    if not (corpus / DECISIONS).exists() or (among is not None and not among):
        return {}
    of_these = None if among is None else pc.field("document").isin(list(among))
    heads = pq.read_table(corpus / DECISIONS, columns=["duplicate_of"], filters=of_these)["duplicate_of"]
    return {row["values"]: row["counts"] for row in pc.value_counts(heads).to_pylist() if row["values"]}


def _composed(document: Document) -> Document:
    def composed(messages: tuple[Message, ...]) -> tuple[Message, ...]:
        return tuple(Message(role=m["role"], content=_nfc(m["content"])) for m in messages)

    return replace(
        document,
        text=_nfc(document.text),
        messages=composed(document.messages),
        rejected=composed(document.rejected),
    )


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def readable(document: Document, side: str = "") -> tuple[str, list[tuple[int, int]]]:
    """The text to show, and the (start, end) ranges in it that are the document's own words.

    A dialogue is shown as turns "role: words" separated by blank lines. For the side "rejected" of a
    preference pair, the last turn is the rejected answer.
    """
    if not document.messages:
        return document.text, [(0, len(document.text))]
    text, parts = "", []
    rejected = side == "rejected"
    for message in (*document.messages[:-1], *document.rejected) if rejected else document.messages:
        text += ("\n\n" if text else "") + message["role"] + ": "
        parts.append((len(text), len(text) + len(message["content"])))
        text += message["content"]
    return text, parts


def _places(text: str, parts: Sequence[tuple[int, int]], span: str) -> Iterator[int]:
    for start, end in parts:
        yield from (start + place for place in occurrences(text[start:end], span))


def _window(text: str, start: int, end: int) -> tuple[int, int]:
    if len(text) <= _WINDOW:
        return 0, len(text)
    first = max(0, start - _WINDOW // 2)
    last = min(len(text), end + _WINDOW // 2)
    # Begin and end at a space if one is near, so that no word is cut.
    left = text.find(" ", first, start) + 1 if first else 0
    right = text.rfind(" ", end, last) if last < len(text) else last
    return (left or first), (right if right > 0 else last)
