"""How much of an answer is verbatim training data, compared with text that the model never saw."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import write_atomic
from glaswerk.core.ids import digest_json
from glaswerk.core.next_commands import index_command, pack_command
from glaswerk.core.statistics import LEVEL, unmeasurable
from glaswerk.data.store.corpus import documents
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards
from glaswerk.trace.build import parent
from glaswerk.trace.results import Trace
from glaswerk.trace.tracer import Tracer
from glaswerk.trace.word_tokens import tokenize_words

# Shortest span that counts as copied, in words.
MIN_SPAN_WORDS = 8
# Longer answers are compared with windows of this length: window edges cut little off windows this long.
MAX_WINDOW_WORDS = 256
# Otherwise windows must have this share of the answer's words: shorter ones contain less verbatim text.
_NEAR = 0.75
# With fewer windows, the 2.5 % quantiles are undefined.
MIN_WINDOWS = 40
# Held-out words that are traced: enough for hundreds of windows of most lengths, in some seconds.
MOST_WORDS = 40_000
_MOST_WINDOWS = 1000
_PART = 512
_HELD_OUT = "validation"
_FILE = "novelty.json"
Passage = tuple[int, Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Novelty:
    """The share of an answer's words in verbatim spans of at least `n` words, and the usual share.

    `expected` and `interval` are the mean and the middle 95 % of the share over `windows` windows of held-out
    text, which the model never saw. A window has `window_words` words: as many as the answer if there are
    enough such windows. `percentile` per cent of the windows have a lower share, ties counted half. If there
    are too few windows, `reason` says why nothing is compared.
    """

    share: float
    n: int
    words: int
    expected: float | None = None
    interval: tuple[float, float] | None = None
    percentile: float | None = None
    windows: int = 0
    window_words: int = 0
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """The `novelty` object of the API; without a comparison, `measurable` is false with the reason."""
        share = {"share": self.share, "n": self.n, "words": self.words}
        if self.reason:
            return share | unmeasurable(self.reason)
        assert self.interval is not None, "without a reason, a comparison was made"
        return share | {
            "measurable": True,
            "expected": self.expected,
            "interval": list(self.interval),
            "percentile": self.percentile,
            "windows": self.windows,
            "window_words": self.window_words,
        }

    def __str__(self) -> str:
        """One sentence for the terminal."""
        share, runs = f"{self.share * 100:.0f} %", f"in runs of {self.n} words or more"
        copied = f"{share} of it appears verbatim in the training data, {runs}"
        if self.interval is None:
            return f"{copied}; the usual share is not measurable: {self.reason}"
        low, high = (f"{bound * 100:.0f}" for bound in self.interval)
        return f"{copied}; {low}–{high} % is usual for unseen text ({self.windows:,} windows)"


class Baseline:
    """How much of held-out text is verbatim training data; measured once per trace and cached in the lab.

    `passages`: for each passage its number of words and its verbatim spans (first word, end) of at least `n`
    words.
    """

    def __init__(self, passages: Sequence[Passage], n: int = MIN_SPAN_WORDS) -> None:
        self._passages, self._n = passages, n
        self._shares = lru_cache(MAX_WINDOW_WORDS)(self._window_shares)

    @classmethod
    def of(cls, lab: Lab, trace: Artifact, tracer: Tracer, n: int = MIN_SPAN_WORDS) -> Baseline:
        """The baseline of a trace without currently hidden documents; read from the lab if measured before.

        Raises GlaswerkError if the shards or corpus behind the trace are gone.
        """
        hidden = tracer.hidden()
        path = lab.run_folder(digest_json(["novelty/2", trace.id, n, MOST_WORDS, sorted(hidden)])) / _FILE
        passages = _kept(path)
        if passages is None:
            passages = _measure(tracer, _held_out(lab, trace, hidden), n)
            write_atomic(path, json.dumps(passages) + "\n")
        return cls(passages, n)

    def judge(self, tracer: Tracer, text: str, found: Trace | None = None) -> Novelty:
        """The novelty of an answer. `found`, its trace with `min_words` of at most `n`, saves a search."""
        found = found or tracer.trace(text, min_words=self._n, documents=0)
        copied = _copied(found, self._n)
        words = len(copied)
        share = round(float(copied.mean()), 4) if words else 0.0
        if words < self._n:
            reason = f"the answer has {words} words; a verbatim span counts from {self._n}"
            return Novelty(share, self._n, words, reason=reason)
        wanted = min(words, MAX_WINDOW_WORDS)
        least = max(self._n, ceil(_NEAR * wanted))
        size = next((size for size in range(wanted, least - 1, -1) if self._windows(size) >= MIN_WINDOWS), 0)
        if not size:
            number = self._windows(wanted)
            reason = f"held-out text has {number} passages as long as the answer; {MIN_WINDOWS} are needed"
            return Novelty(share, self._n, words, reason=reason)
        return self._compared(share, words, size)

    def _compared(self, share: float, words: int, size: int) -> Novelty:
        held = self._shares(size)
        low, high = np.quantile(held, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        percentile = float((held < share).mean() + (held == share).mean() / 2)
        return Novelty(
            share,
            self._n,
            words,
            expected=round(float(held.mean()), 4),
            interval=(round(float(low), 4), round(float(high), 4)),
            percentile=round(100 * percentile, 1),
            windows=len(held),
            window_words=size,
        )

    def _windows(self, size: int) -> int:
        return sum(count // size for count, _ in self._passages)

    def _window_shares(self, size: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        """The verbatim share of each window of `size` words, for at most 1,000 windows.

        A window's verbatim spans are those of its passage, clipped to the window, as every part of a span
        occurs wherever the span does. So one search of a passage serves windows of all lengths.
        """
        step = ceil(self._windows(size) / _MOST_WINDOWS)
        starts = ((spans, at) for count, spans in self._passages for at in range(0, count - size + 1, size))
        return np.array([self._share(spans, at, at + size) for spans, at in islice(starts, 0, None, step)])

    def _share(self, spans: Sequence[tuple[int, int]], start: int, end: int) -> float:
        inside = np.zeros(end - start, bool)
        for first, last in spans:
            low, high = max(first, start), min(last, end)
            if high - low >= self._n:
                inside[low - start : high - start] = True
        return round(float(inside.mean()), 4)


def _kept(path: Path) -> list[Passage] | None:
    """The passages in a cache file; None if it is missing or damaged."""
    try:
        return [
            (int(count), [(int(first), int(last)) for first, last in spans])
            for count, spans in json.loads(path.read_text())
        ]
    except (OSError, ValueError, TypeError):
        return None


def _measure(tracer: Tracer, texts: Iterator[str], n: int) -> list[Passage]:
    """Trace `texts` up to MOST_WORDS words."""
    found: list[Passage] = []
    left = MOST_WORDS
    for part in (part for text in texts for part in _parts(text)):
        if left <= 0:
            break
        spans, count = _spans(tracer.trace(part, min_words=n, documents=0), n)
        found.append((count, spans))
        left -= count
    return found


def _parts(text: str) -> Iterator[str]:
    """The text in parts of 512 words, so that a book is not traced completely for a few windows."""
    words = _words(text)
    for start in range(0, len(words), _PART):
        part = words[start : start + _PART]
        yield text[part[0][0] : part[-1][1]]


def _copied(found: Trace, n: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """For every word of the text, whether it is in a verbatim span of at least `n` words."""
    spans, count = _spans(found, n)
    copied = np.zeros(count, bool)
    for first, last in spans:
        copied[first:last] = True
    return copied


def _spans(found: Trace, n: int) -> tuple[list[tuple[int, int]], int]:
    """Verbatim spans as (first word, end), and the number of words in the text."""
    words = _words(found.text)
    starts = {start: i for i, (start, _) in enumerate(words)}
    # Whether a span is maximal does not depend on min_words, so these are all spans of n words or more.
    spans = (span for span in found.spans if span.words >= n)
    return [(starts[span.start], starts[span.start] + span.words) for span in spans], len(words)


def _words(text: str) -> tuple[tuple[int, int], ...]:
    return tokenize_words(text, lambda piece: ()).words


def _held_out(lab: Lab, trace: Artifact, hidden: Collection[str]) -> Iterator[str]:
    """Texts of held-out documents that are not hidden, in an order that depends only on their ids."""
    shards = parent(lab, trace, "shards", hint=index_command(trace.name))
    corpus = parent(lab, shards, "corpus", hint=pack_command(shards.name))
    packed = Shards.open(shards.path)
    held = packed.spans(_HELD_OUT)[0] if _HELD_OUT in packed.splits() else []
    names = sorted((name for name in held if name not in hidden), key=digest_json)
    for start in range(0, len(names), _PART):
        part = names[start : start + _PART]
        there = documents(corpus.path, part)
        for name in part:
            if name not in there:
                message = f"the corpus {corpus.name!r} lacks the document {name!r} of the shards"
                raise GlaswerkError(message, hint=f"glaswerk verify corpus:{corpus.name}")
            yield there[name].text
