"""Which steps of a run saw some documents, computed from its order."""

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
    """`tokens` of some documents in each step of a run, int64, shape (steps,); steps are counted from 0.

    `documents`: ids of those that a step saw.
    """

    tokens: Ids
    documents: frozenset[str]

    @classmethod
    def of(cls, order: Order, documents: Collection[str], steps: int) -> TouchedSteps:
        """What the first `steps` steps saw of `documents`: no step is walked through."""
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


def touched_steps(lab: Lab, model: Artifact, documents: Collection[str]) -> TouchedSteps | None:
    """What the run that made `model` saw of `documents`, its base's run left out.

    None where nobody can tell (see `order_of`).
    """
    order = order_of(lab, model)
    # A run that patience ended has the weights of an earlier step than it planned.
    return None if order is None else TouchedSteps.of(order, documents, steps_of(model))


def steps_of(model: Artifact) -> int:
    """Steps that the weights of a model have learnt from."""
    return int(model.stats.get("steps", loop_of(model).steps))
