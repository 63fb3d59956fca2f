"""The processes of a run, as far as they agree about small things: which file, whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import torch.distributed as dist
from torch.distributed import ProcessGroup

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Ranks:
    """`size` processes, this one is number `rank`. Without a `group` it is alone.

    The group is one for CPU tensors (gloo). Values go over the wire pickled: the ranks of one run trust each
    other, as they do in every collective of torch.
    """

    rank: int = 0
    size: int = 1
    group: ProcessGroup | None = None

    @property
    def first(self) -> bool:
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
