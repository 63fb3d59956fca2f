"""Which steps of a run saw some documents, computed from its sampler."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from glaswerk.lab import Artifact, Lab
from glaswerk.train.packing import Ids
from glaswerk.train.preference import PairSampler
from glaswerk.train.recorded import loop_of, order_of
from glaswerk.train.sampler import PackedSampler


@dataclass(frozen=True, slots=True)
class Touch:
    """`tokens` of the documents in each step of a run, int64, shape (steps,); steps are counted from 0."""

    tokens: Ids

    @property
    def first(self) -> int | None:
        """The first step that saw one of them."""
        found = np.flatnonzero(self.tokens)
        return int(found[0]) if len(found) else None

    @property
    def steps(self) -> int:
        """How many steps saw one."""
        return int(np.count_nonzero(self.tokens))

    @property
    def total(self) -> int:
        return int(self.tokens.sum())


def touch_of(lab: Lab, model: Artifact, documents: Collection[str]) -> Touch | None:
    """What the run that made `model` saw of `documents`, its base's run left out.

    None where nobody can tell (see `order_of`).
    """
    sampler = order_of(lab, model)
    if sampler is None:
        return None
    # A run that patience ended has the weights of an earlier step than it planned.
    steps = int(model.stats.get("steps", loop_of(model).steps))
    if isinstance(sampler, PackedSampler):
        return Touch(sampler.tokens_of(documents, steps))
    return Touch(_pairs_of(sampler, frozenset(documents), steps))


def _pairs_of(sampler: PairSampler, documents: frozenset[str], steps: int) -> Ids:
    """Pairs are few: their steps are walked through."""
    found = np.zeros(steps, np.int64)
    for step in range(steps):
        spans = sampler.spans(step)
        found[step] = sum(span.end - span.start for span in spans if span.document in documents)
    return found
