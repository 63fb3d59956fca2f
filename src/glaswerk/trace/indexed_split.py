"""One split of the index: its segments, and the documents to which their tokens belong."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import aside, index_command
from glaswerk.tokenizer import Shards
from glaswerk.trace.relevance import Scores
from glaswerk.trace.search import SearchedSegment
from glaswerk.trace.segments import Part, open_segment
from glaswerk.trace.suffix_array import Integers, Segment, Tokens
from glaswerk.trace.word_boundaries import Flags

_SIDES = ("chosen", "rejected")


@dataclass(frozen=True, slots=True, eq=False)
class IndexedSplit:
    """The arrays have one entry per document, in file order; `segments` are (first token, segment).

    `starts` and `ends` are token positions, `begins` the token from which a document's words count (see
    `trace.build`), `ages` its rank by date, `copies` the number of its duplicates that curation dropped.
    """

    name: str
    tokens: Tokens
    ids: list[str]
    starts: Integers
    ends: Integers
    begins: Integers
    ages: Tokens
    copies: Tokens
    segments: tuple[tuple[int, Segment], ...]

    @classmethod
    def open(cls, shards: Shards, folder: Path, name: str, parts: list[Part]) -> IndexedSplit:
        """Open a split of the trace in `folder`. Raises GlaswerkError if it is damaged or of other shards."""
        tokens = np.asarray(shards.tokens(name))
        ids, starts, ends = shards.spans(name)
        ages, copies, begins = (
            _load(folder, f"{name}.{kind}", len(ids)) for kind in ("age", "copies", "begin")
        )
        segments = tuple(
            (part.start, open_segment(folder, part, tokens[part.start : part.end]))
            for part in parts
            if part.split == name
        )
        return cls(name, tokens, ids, starts, ends, begins, ages, copies, segments)

    def hides(self, hidden: Collection[str]) -> Flags | None:
        """For each document, whether it is hidden; None if none is."""
        flags = np.fromiter((i in hidden for i in self.ids), bool, len(self.ids)) if hidden else None
        return flags if flags is not None and flags.any() else None

    def take_out(self, counts: Scores, hides: Flags) -> None:
        """Subtract the tokens of hidden documents from `counts`, which is indexed by token id."""
        for document in np.flatnonzero(hides).tolist():
            found = self.tokens[int(self.starts[document]) : int(self.ends[document]) + 1]
            np.subtract.at(counts, found, 1.0)

    def searched(self, hides: Flags | None) -> list[SearchedSegment]:
        """The segments, each with a test for which of its positions may be shown."""
        if hides is None and np.array_equal(self.begins, self.starts):
            return [SearchedSegment(segment) for _, segment in self.segments]
        return [SearchedSegment(segment, self._visible(start, hides)) for start, segment in self.segments]

    @property
    def is_pairs(self) -> bool:
        """Whether the documents are the two sides of preference pairs."""
        return self.name == "preference"

    def side(self, document: int) -> str:
        """ "chosen" or "rejected" in a split of pairs, where the two alternate; "" in any other split."""
        return _SIDES[document % 2] if self.is_pairs else ""

    def holding(self, places: Integers) -> Integers:
        """The distinct documents at these token positions, earliest first."""
        which: Integers = np.unique(self._document(places))
        return which[np.argsort(self.ages[which], kind="stable")]

    def words(self, document: int, most: int) -> Tokens:
        """The document's first `most` tokens."""
        start, end = int(self.starts[document]), int(self.ends[document])
        found: Tokens = self.tokens[start : min(end, start + most)]
        return found

    def _document(self, places: Integers) -> Integers:
        which: Integers = np.searchsorted(self.starts, places, "right") - 1
        return which

    def _visible(self, start: int, hides: Flags | None) -> Any:
        def visible(places: Integers) -> Flags:
            at = places + start
            document = self._document(at)
            shown: Flags = at > self.begins[document]
            return shown if hides is None else shown & ~hides[document]

        return visible


def _load(folder: Path, name: str, count: int) -> Tokens:
    hint = aside(folder, index_command(folder.name))
    try:
        found = np.load(folder / f"{name}.npy", mmap_mode="r")
    except (OSError, ValueError, EOFError) as error:
        raise GlaswerkError(f"the trace in {folder} cannot be read: {error}", hint=hint) from error
    if len(found) != count:
        raise GlaswerkError(
            f"the trace in {folder} covers {len(found):,} documents; the shards hold {count:,}", hint=hint
        )
    return np.asarray(found)
