"""The processes of a run and how they agree on small values, such as which checkpoint to load."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch.distributed as dist
from torch.distributed import ProcessGroup

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Ranks:
    """`size` processes, of which this is number `rank`. Without a `group`, this process is alone.

    The group is for CPU tensors (gloo). Values are sent pickled: the ranks of one run trust each other, as in
    every collective operation of torch.
    """

    rank: int = 0
    size: int = 1
    group: ProcessGroup | None = None

    @property
    def first(self) -> bool:
        """Whether this is rank 0."""
        return self.rank == 0

    def gather(self, value: Value) -> list[Value]:
        """The values of all ranks, in order, on every rank."""
        if self.group is None:
            return [value]
        values: list[Value] = [value] * self.size
        dist.all_gather_object(values, value, group=self.group)
        return values

    def of_first(self, value: Value) -> Value:
        """The value of rank 0, on every rank."""
        if self.group is None:
            return value
        holder = [value]
        dist.broadcast_object_list(holder, src=0, group=self.group)
        return holder[0]
