"""From an answer back to the documents whose words it repeats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.trace.borders import Borders
from glaswerk.trace.build import parent, trained_splits
from glaswerk.trace.index import Integers, Segment
from glaswerk.trace.library import Library, locate
from glaswerk.trace.search import Found, maximal_spans
from glaswerk.trace.span import Span, Trace
from glaswerk.trace.words import Cut, cut


@dataclass(frozen=True, slots=True)
class _Split:
    """One indexed split: its segment, and the documents that its tokens belong to."""

    name: str
    segment: Segment
    ids: list[str]
    starts: Integers
    ages: Integers

    def documents(self, places: Integers, most: int) -> list[str]:
        """Distinct documents at token positions, earliest first."""
        which = np.unique(np.searchsorted(self.starts, places, "right") - 1)
        return [self.ids[i] for i in which[np.argsort(self.ages[which])][:most].tolist()]


class Tracer:
    """An open trace. Safe for several threads; the arrays are memory-mapped and only read."""

    def __init__(self, tokenizer: Tokenizer, splits: Sequence[_Split], library: Library) -> None:
        self._tokenizer = tokenizer
        self._splits = splits
        self._library = library
        special = tokenizer.special_ids
        pieces = [None if i in special else tokenizer.decode_bytes([i]) for i in range(tokenizer.vocab_size)]
        self._borders = Borders(pieces, tokenizer.turn_id)

    @classmethod
    def open(cls, lab: Lab, trace: Artifact) -> Tracer:
        """Raises GlaswerkError where the shards, tokenizer or corpus behind the trace are gone."""
        shards = parent(lab, trace, "shards", hint="glaswerk index")
        corpus = parent(lab, shards, "corpus", hint="glaswerk pack")
        tokenizer = parent(lab, shards, "tokenizer", hint="glaswerk pack")
        packed = Shards.open(shards.path)
        splits = [_open_split(packed, trace.path, name) for name in trained_splits(packed)]
        return cls(Tokenizer.load(tokenizer.path), splits, Library(corpus.path))

    def trace(self, text: str, *, min_words: int = 4, documents: int = 5) -> Trace:
        """Every maximal span of `text` that stands word for word in the training data.

        A span begins and ends at word borders, holds at least `min_words` (>= 2) words and lies within
        one document or one turn of a dialogue. Its count is exact; `documents` of those that hold it are
        shown, posts and pages before dialogues, the earliest first.
        """
        if min_words < 2:
            raise GlaswerkError(
                f"min_words takes 2 or more, found {min_words}", hint="glaswerk trace --min-words 4"
            )
        words = cut(text, self._tokenizer.encode)
        segments = [split.segment for split in self._splits]
        found = maximal_spans(words, segments, self._borders, min_words)
        chosen = [self._choose(span, documents) for span in found]
        # One look into the corpus for the whole answer: a file read costs more than all the searching.
        library = self._library.get(sorted({identifier for part in chosen for identifier in part}))
        spans = (_span(words, span, part, library) for span, part in zip(found, chosen, strict=True))
        return Trace(text, tuple(spans))

    def _choose(self, found: Found, most: int) -> dict[str, str]:
        """Document id → split of the documents to show."""
        chosen: dict[str, str] = {}
        for split, places in zip(self._splits, found.places, strict=True):
            for identifier in split.documents(places, max(0, most - len(chosen))):
                chosen.setdefault(identifier, split.name)
        return chosen


def _span(words: Cut, found: Found, chosen: Mapping[str, str], library: Mapping[str, Document]) -> Span:
    text = words.span(found.first, found.end)
    return Span(
        start=words.words[found.first][0], end=words.words[found.end - 1][1], text=text,
        words=found.end - found.first, count=found.count,
        documents=tuple(locate(library[i], text, split) for i, split in chosen.items()),
    )  # fmt: skip


def _open_split(shards: Shards, folder: Path, name: str) -> _Split:
    tokens = np.asarray(shards.tokens(name))
    try:
        order, bounds, ages = (
            np.load(folder / f"{name}.{part}.npy", mmap_mode="r") for part in ("order", "bounds", "age")
        )
    except (OSError, ValueError, EOFError) as error:
        raise GlaswerkError(
            f"the trace in {folder} cannot be read: {error}", hint=f"remove {folder}, then glaswerk index"
        ) from error
    ids, starts, _ = shards.spans(name)
    if len(order) != len(tokens) or len(ages) != len(ids):
        raise GlaswerkError(
            f"the trace in {folder} covers {len(order):,} tokens of {name!r}; "
            f"the shards hold {len(tokens):,}",
            hint=f"remove {folder}, then glaswerk index",
        )
    segment = Segment(tokens, np.asarray(order), np.asarray(bounds))
    return _Split(name, segment, ids, starts, np.asarray(ages))
