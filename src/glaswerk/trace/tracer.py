"""Trace an answer: find the training documents that contain its words verbatim."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import index_command, pack_command
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.tokenizer.backends import well_formed
from glaswerk.trace.build import parent, trained_splits
from glaswerk.trace.hidden_documents import HiddenDocuments
from glaswerk.trace.indexed_split import IndexedSplit
from glaswerk.trace.matched_documents import DocumentCache, locate
from glaswerk.trace.relevance import Scores, relevance
from glaswerk.trace.results import Count, Match, Span, Trace
from glaswerk.trace.search import Occurrences, SearchedSegment, find_all, maximal_spans
from glaswerk.trace.segments import read_parts
from glaswerk.trace.suffix_array import Integers
from glaswerk.trace.word_boundaries import WordBoundaries
from glaswerk.trace.word_tokens import WordTokens, tokenize_words

# Characters in a phrase to look up; `trace` handles longer texts.
LONGEST_PHRASE = 10_000
# Candidates per shown document: this many of the earliest documents with a span compete for one place.
_CANDIDATES = 4
# Tokens of a document that are read to judge its relevance to the exchange.
_READ = 2048


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A document that contains a span, by its number in the split's file."""

    split: IndexedSplit
    document: int

    @property
    def id(self) -> str:
        return self.split.ids[self.document]


@dataclass(frozen=True, slots=True)
class _View:
    """What may currently be shown of the index.

    `log_share`: ln of each token's share of all visible tokens; `copies`: by document id, how many of its
    dropped duplicates are hidden themselves.
    """

    hidden: Collection[str]
    segments: list[SearchedSegment]
    log_share: Scores
    copies: Mapping[str, int]


class Tracer:
    """An open trace index. Safe for several threads; the arrays are memory-mapped and read-only."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        splits: Sequence[IndexedSplit],
        library: DocumentCache,
        hidden: Callable[[], Collection[str]],
    ) -> None:
        """hidden: returns the ids of documents that must not be shown; the same object until they change."""
        self._tokenizer = tokenizer
        self._splits = splits
        self._library = library
        special = tokenizer.special_ids
        pieces = [None if i in special else tokenizer.decode_bytes([i]) for i in range(tokenizer.vocab_size)]
        opens_turns = tokenizer.turn_id != tokenizer.end_id
        self._borders = WordBoundaries(pieces, tokenizer.turn_id if opens_turns else None)
        self._hidden = hidden
        self._seen: _View | None = None

    @classmethod
    def open(cls, lab: Lab, trace: Artifact) -> Tracer:
        """Open a trace of the lab. Raises GlaswerkError if its shards, tokenizer or corpus are gone."""
        shards = parent(lab, trace, "shards", hint=index_command(trace.name))
        corpus = parent(lab, shards, "corpus", hint=pack_command(shards.name))
        tokenizer = parent(lab, shards, "tokenizer", hint=pack_command(shards.name))
        packed, parts = Shards.open(shards.path), read_parts(trace.path)
        splits = [IndexedSplit.open(packed, trace.path, name, parts) for name in trained_splits(packed)]
        return cls(
            Tokenizer.load(tokenizer.path), splits, DocumentCache(corpus.path), HiddenDocuments(lab).ids
        )

    def trace(self, text: str, *, context: str = "", min_words: int = 4, documents: int = 5) -> Trace:
        """Every maximal span of `text` that appears verbatim in the training data.

        A span begins and ends at word boundaries, has at least `min_words` (>= 2) words and is within one
        document or one turn of a dialogue. Its count is exact. Up to `documents` of the documents that
        contain it are listed: posts and pages before dialogues, and among the earliest (four times as many)
        the most relevant to `context` (what was said before) and `text` first, earlier ones first among
        equals. Hidden documents are neither listed nor counted. Raises GlaswerkError for `min_words` below 2.
        """
        if min_words < 2:
            raise GlaswerkError(
                f"expected min_words of 2 or more, found {min_words}", hint="glaswerk trace --min-words 4"
            )
        text, view = well_formed(text), self._view()
        words = tokenize_words(text, self._tokenizer.encode)
        found = maximal_spans(words, view.segments, self._borders, min_words)
        candidates = [self._candidates(span, _CANDIDATES * documents) for span in found]
        chosen = self._choose(candidates, f"{context}\n{text}", documents)
        # One read of the corpus for the complete answer: reading a file costs more than all searches.
        library = self._library.get(sorted({each.id for part in chosen for each in part}))
        spans = [self._span(words, *pair, library, view) for pair in zip(found, chosen, strict=True)]
        return Trace(text, tuple(_ranked(spans)))

    def count(self, phrase: str) -> Count:
        """How often `phrase` occurs in the training data, from its first word to its last.

        Raises GlaswerkError for a phrase without a word, or of more than 10,000 characters.
        """
        words, found = self._find(phrase)
        by_split = self._by_split(found)
        holding = {
            split.name: {split.ids[i] for i in split.holding(places).tolist()}
            for split, places in zip(self._splits, by_split, strict=True)
            if len(places)
        }
        return Count(
            text=words.span(found.first, found.end),
            count=found.count,
            counts=self._counts(by_split),
            documents=len(set().union(*holding.values())),
            documents_by_split={name: len(ids) for name, ids in holding.items()},
        )

    def search(self, phrase: str, *, limit: int = 10) -> list[Match]:
        """Up to `limit` documents that contain `phrase`: split by split, earliest first.

        Raises GlaswerkError as `count` does, and for a limit below 1.
        """
        if limit < 1:
            raise GlaswerkError(f"expected a limit of 1 or more, found {limit}", hint="--limit 10")
        words, found = self._find(phrase)
        chosen = self._candidates(found, limit)
        library = self._library.get(sorted({each.id for each in chosen}))
        return _matches(library, words.span(found.first, found.end), chosen, self._view().copies)

    def hidden(self) -> Collection[str]:
        """Ids of documents that must not be shown; the same object until they change."""
        return self._hidden()

    def _find(self, phrase: str) -> tuple[WordTokens, Occurrences]:
        if len(phrase) > LONGEST_PHRASE:
            raise GlaswerkError(
                f"expected a phrase of up to {LONGEST_PHRASE:,} characters, found {len(phrase):,}",
                hint="glaswerk trace finds the parts of a long text that appear in the training data",
            )
        # Normalise as the tokenizer does: lone surrogates are not text, and some tokenizers compose accents.
        phrase = self._tokenizer.decode(self._tokenizer.encode(phrase))
        words = tokenize_words(phrase, self._tokenizer.encode)
        if not words.words:
            raise GlaswerkError(
                f"expected a phrase with at least one word, found {phrase[:40]!r}",
                hint='glaswerk count "the old mill"',
            )
        return words, find_all(words, self._view().segments, self._borders)

    def _view(self) -> _View:
        hidden, seen = self._hidden(), self._seen
        if seen is None or seen.hidden is not hidden:
            seen = self._seen = self._look(hidden)
        return seen

    def _look(self, hidden: Collection[str]) -> _View:
        # Add one to the count of each token, so that no share is zero.
        counts = np.ones(self._tokenizer.vocab_size)
        segments: list[SearchedSegment] = []
        for split in self._splits:
            for _, segment in split.segments:
                found = np.diff(segment.bounds)
                counts[: len(found)] += found
            hides = split.hides(hidden)
            if hides is not None:
                split.take_out(counts, hides)
            segments += split.searched(hides)
        return _View(
            hidden, segments, np.log(counts / counts.sum()), self._library.copies(hidden) if hidden else {}
        )

    def _by_split(self, found: Occurrences) -> list[Integers]:
        """Token positions in each split's token file."""
        rest = iter(found.places)
        return [
            np.concatenate([np.zeros(0, np.int64), *(next(rest) + start for start, _ in split.segments)])
            for split in self._splits
        ]

    def _counts(self, by_split: Sequence[Integers]) -> dict[str, int]:
        pairs = zip(self._splits, by_split, strict=True)
        return {split.name: len(places) for split, places in pairs if len(places)}

    def _candidates(self, found: Occurrences, most: int) -> list[_Candidate]:
        """Up to `most` documents that contain a span: the earliest of each split, in split order."""
        chosen: dict[tuple[str, str], _Candidate] = {}
        for split, places in zip(self._splits, self._by_split(found), strict=True):
            for document in split.holding(places)[: max(0, most - len(chosen))].tolist():
                chosen.setdefault((split.ids[document], split.side(document)), _Candidate(split, document))
        return list(chosen.values())

    def _choose(self, spans: list[list[_Candidate]], exchange: str, most: int) -> list[list[_Candidate]]:
        """The candidates of each span that are most relevant to the exchange.

        Posts and pages come before the dialogues that were made from them, and these before preferences.
        """
        pool = list({candidate: None for part in spans if len(part) > 1 for candidate in part})
        read = [each.split.words(each.document, _READ) for each in pool]
        scores = relevance(read, self._tokenizer.encode(exchange), self._tokenizer.vocab_size)
        score = dict(zip(pool, scores.tolist(), strict=True))
        order = {split.name: i for i, split in enumerate(self._splits)}

        def place(each: _Candidate) -> tuple[int, float]:
            return order[each.split.name], -score.get(each, 0.0)

        return [sorted(part, key=place)[:most] for part in spans]

    def _span(
        self,
        words: WordTokens,
        found: Occurrences,
        chosen: Sequence[_Candidate],
        library: Mapping[str, Document],
        view: _View,
    ) -> Span:
        text = words.span(found.first, found.end)
        return Span(
            start=words.words[found.first][0],
            end=words.words[found.end - 1][1],
            text=text,
            words=found.end - found.first,
            count=found.count,
            documents=tuple(_matches(library, text, chosen, view.copies)),
            rarity=round(float(view.log_share[self._tokenizer.encode(text)].sum()), 3),
            counts=self._counts(self._by_split(found)),
        )


def _matches(
    library: Mapping[str, Document], span: str, chosen: Sequence[_Candidate], hidden: Mapping[str, int]
) -> list[Match]:
    """hidden: by document id, how many of its duplicates are hidden and must not be counted."""
    found = []
    for each in chosen:
        split, copies = each.split, int(each.split.copies[each.document]) - hidden.get(each.id, 0)
        side = split.side(each.document)
        found.append(locate(library[each.id], span, split.name, side=side, duplicates=copies))
    return [match for match in found if match is not None]


def _ranked(spans: Sequence[Span]) -> list[Span]:
    order = sorted(range(len(spans)), key=lambda i: (spans[i].rarity, -spans[i].words, i))
    ranks = {at: rank for rank, at in enumerate(order, start=1)}
    return [replace(span, rank=ranks[i]) for i, span in enumerate(spans)]
