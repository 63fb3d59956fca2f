"""Which steps of a run saw given documents, computed from the run's order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from glaswerk.lab import Artifact, Lab
from glaswerk.rerun.order import loop_of, order_of
from glaswerk.train.batches.batches import Order
from glaswerk.train.batches.packing import Ids


@dataclass(frozen=True, slots=True)
class TouchedSteps:
    """`tokens` of given documents in each step of a run, int64, shape (steps,); steps are counted from 0.

    `documents`: ids of those that at least one step saw.
    """

    tokens: Ids
    documents: frozenset[str]

    @classmethod
    def of(cls, order: Order, documents: Collection[str], steps: int) -> TouchedSteps:
        """The tokens of `documents` in the first `steps` steps, epoch by epoch, without building a batch."""
        names = pa.array(order.documents, pa.string())
        meant = np.asarray(pc.is_in(names, value_set=pa.array(list(documents), pa.string())))
        tokens, visited = np.zeros(steps, np.int64), np.zeros(len(names), bool)
        for seen in order.visits(steps):
            found = seen.only(meant[seen.document])
            np.add.at(tokens, found.step, found.tokens)
            visited[found.document] = True
        return cls(tokens, frozenset(names.filter(pa.array(visited)).to_pylist()))

    @property
    def first(self) -> int | None:
        """The first step that saw one of them; None if no step did."""
        found = np.flatnonzero(self.tokens)
        return int(found[0]) if len(found) else None

    @property
    def steps(self) -> int:
        """How many steps saw at least one of them."""
        return int(np.count_nonzero(self.tokens))

    @property
    def total(self) -> int:
        """Tokens of them over all steps, every epoch counted."""
        return int(self.tokens.sum())


def touched_steps(lab: Lab, model: Artifact, documents: Collection[str]) -> TouchedSteps | None:
    """Which steps of the run that made `model` saw `documents`; the run of its base is not counted.

    None if that is unknown (see `order_of`).
    """
    order = order_of(lab, model)
    # A run that was stopped early has the weights of an earlier step than planned.
    return None if order is None else TouchedSteps.of(order, documents, steps_of(model))


def steps_of(model: Artifact) -> int:
    """The number of steps that went into the weights of a model."""
    return int(model.stats.get("steps", loop_of(model).steps))
