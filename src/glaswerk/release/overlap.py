"""Train-test overlap: items of installed evaluation sets that occur word for word in the training data.

After GPT-3 (Brown et al. 2020, arXiv:2005.14165, appendix C): an item overlaps if NGRAM_WORDS consecutive
words of it, or one of its shorter texts as a whole, occur in a training document. As in
`data.filters.decontaminate`, a text below WHOLE_WORDS words cannot be distinguished from ordinary language
and counts as unchecked. Unlike there, words are compared as written, including case and punctuation between
them: the figure is a lower bound.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from glaswerk.core.progress import track
from glaswerk.core.statistics import wilson
from glaswerk.data.dialogues.evaluation_sets import items_of
from glaswerk.data.filters.decontaminate import NGRAM_WORDS, WHOLE_WORDS, normalised_words
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.records import ArtifactRecord
from glaswerk.lineage.stages import ADOPTED
from glaswerk.release.lineage import Lineage
from glaswerk.trace import Span, Tracer

# The minimum of the tracer; a match that covers a text is found from any two words of it.
_LEAST = 2
# As in `trace.word_tokens`: letters and digits, with an apostrophe between them.
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
Index = tuple[Tracer, frozenset[str], bool]


@dataclass(frozen=True, slots=True)
class SetOverlap:
    """One set of an evaluation: `checked` of its `items` have a text long enough, `found` of these overlap.

    `low` and `high` are Wilson's 95 % interval of found / checked, None if no item was checked.
    """

    evaluation: str
    artifact: str
    name: str
    items: int
    checked: int
    found: int
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """The overlap of a model. `reason` is empty if it was measured, `hint` the command that helps if not.

    `uncovered` are training splits that no index covers: the figures are then lower bounds.
    """

    words: int
    whole: int
    sets: tuple[SetOverlap, ...]
    reason: str
    hint: str
    uncovered: tuple[str, ...]
    artifacts: tuple[str, ...]


def overlap_of(lab: Lab, lineage: Lineage) -> Overlap:
    """Look up every item of the lab's evaluations in the indexes over the model's training data."""
    evaluations = lab.all("evaluation")
    nothing = Overlap(NGRAM_WORDS, WHOLE_WORDS, (), "", "", (), ())
    if not evaluations:
        return replace(
            nothing, reason="the lab has no evaluation set installed", hint="glaswerk add evaluations FILE"
        )
    needed = [(shards, lineage.trained.get(shards.id, ())) for shards in lineage.shards]
    traces = {trace.inputs.get("shards"): trace for trace in lab.all("trace")}
    for shards, _ in needed:
        if shards.id not in traces:
            return replace(nothing, reason=_missing(shards), hint=f"glaswerk index --shards {shards.name}")
    if not needed:
        return replace(nothing, reason="what the model was trained on is unknown", hint="")
    found = [traces[shards.id] for shards, _ in needed]
    uncovered = sorted(
        {split for (_, splits), trace in zip(needed, found, strict=True) for split in splits}
        - {split for trace in found for split in trace.stats["tokens"]}
    )
    if lineage.stages[0].stage == ADOPTED:
        uncovered.append("whatever the adopted weights were trained on")
    indexes = [_index(lab, trace, splits) for trace, (_, splits) in zip(found, needed, strict=True)]
    sets = tuple(part for evaluation in evaluations for part in _measure(evaluation, indexes))
    ids = tuple(made.id for made in (*evaluations, *found))
    return replace(nothing, sets=sets, uncovered=tuple(uncovered), artifacts=ids)


def _missing(shards: ArtifactRecord) -> str:
    if shards.path is None:
        return f"the shards {shards.name} that the model was trained on are no longer in the lab"
    return f"the shards {shards.name} that the model was trained on have no index"


def _index(lab: Lab, trace: Artifact, splits: Sequence[str]) -> Index:
    covered = frozenset(trace.stats["tokens"])
    return Tracer.open(lab, trace), frozenset(splits), covered <= frozenset(splits)


def _measure(evaluation: Artifact, indexes: Sequence[Index]) -> Iterator[SetOverlap]:
    """One row for each set of an evaluation, in the order of its items."""
    tallies: dict[str, list[int]] = {}
    for name, texts in track(list(_items(evaluation)), f"overlap {evaluation.name}"):
        tally = tallies.setdefault(name, [0, 0, 0])
        long = [text for text in texts if len(normalised_words(text)) >= WHOLE_WORDS]
        tally[0] += 1
        tally[1] += bool(long)
        tally[2] += any(_occurs(text, index) for text in long for index in indexes)
    for name, (items, checked, found) in tallies.items():
        share = wilson(found, checked) if checked else None
        yield SetOverlap(
            evaluation.name,
            evaluation.id,
            name,
            items,
            checked,
            found,
            share.low if share else None,
            share.high if share else None,
        )


def _items(evaluation: Artifact) -> Iterator[tuple[str, list[str]]]:
    for (name, _), rows in groupby(items_of(evaluation), key=lambda row: row[:2]):
        yield name, [text for _, _, text in rows]


def _occurs(text: str, index: Index) -> bool:
    """Whether NGRAM_WORDS consecutive words of `text`, or all of a shorter one, occur in trained splits."""
    tracer = index[0]
    if len(normalised_words(text)) >= NGRAM_WORDS:
        spans = tracer.trace(text, min_words=NGRAM_WORDS, documents=0).spans
        return any(_is_trained(span, index) or _part_is_trained(span, index) for span in spans)
    start, end = _extent(text)
    spans = tracer.trace(text, min_words=_LEAST, documents=0).spans
    return any(span.start <= start and span.end >= end and _is_trained(span, index) for span in spans)


def _is_trained(span: Span, index: Index) -> bool:
    """Whether the span occurs in a split that the model was trained on."""
    _, splits, all_trained = index
    return all_trained or not splits.isdisjoint(span.counts or ())


def _part_is_trained(span: Span, index: Index) -> bool:
    """Whether NGRAM_WORDS words within a longest span of another split also occur in a trained split."""
    if index[2] or span.words <= NGRAM_WORDS:
        return False
    words = [match.span() for match in _WORD.finditer(span.text)]
    parts = (
        span.text[words[i][0] : words[i + NGRAM_WORDS - 1][1]] for i in range(len(words) - NGRAM_WORDS + 1)
    )
    found = (index[0].trace(part, min_words=NGRAM_WORDS, documents=0).spans for part in parts)
    return any(_is_trained(inner, index) for spans in found for inner in spans)


def _extent(text: str) -> tuple[int, int]:
    """Start of the first letter or digit and end of the last one."""
    places: list[Any] = [i for i, character in enumerate(text) if character.isalnum()]
    return places[0], places[-1] + 1
