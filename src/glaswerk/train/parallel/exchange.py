"""Exchange of matrices that are sharded by rows: each is gathered on one rank, and later sharded again."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed import ProcessGroup


class Exchange:
    """Assigns every matrix of `shapes`, sharded by rows among `ranks`, to an owner, with equal work for all.

    `whole` and `cut` are collective operations: one `all_to_all_single` each, for any number of matrices.
    Rows are sharded as by `Shard(0)`: ceil(rows / ranks) each, fewer or none on the last ranks.
    """

    def __init__(self, shapes: Sequence[torch.Size], ranks: ProcessGroup) -> None:
        self._shapes, self._ranks = shapes, ranks
        self._rank, self._world = dist.get_rank(ranks), dist.get_world_size(ranks)
        owners = shared_out(shapes, self._world)
        self._owned = [[i for i, owner in enumerate(owners) if owner == r] for r in range(self._world)]

    def whole(self, parts: Sequence[Tensor]) -> list[Tensor]:
        """This rank's rows of every matrix → the matrices that it owns, in the order of `shapes`."""
        sent = [[parts[i] for i in owned] for owned in self._owned]
        blocks = self._swap(sent, [self._sizes(holder, self._rank) for holder in range(self._world)])
        mine = self._owned[self._rank]
        return [torch.cat([b[k] for b in blocks]).view(self._shapes[i]) for k, i in enumerate(mine)]

    def cut(self, matrices: Sequence[Tensor]) -> list[Tensor]:
        """The matrices that this rank owns → its rows of every matrix, in the order of `shapes`."""
        spans = [[self._span(i, holder) for i in self._owned[self._rank]] for holder in range(self._world)]
        sent = [[m[low:end] for m, (low, end) in zip(matrices, row, strict=True)] for row in spans]
        blocks = self._swap(sent, [self._sizes(self._rank, owner) for owner in range(self._world)])
        parts = [torch.empty(0)] * len(self._shapes)
        for owned, block in zip(self._owned, blocks, strict=True):
            for i, part in zip(owned, block, strict=True):
                parts[i] = part.view(-1, self._shapes[i][1])
        return parts

    def _span(self, matrix: int, holder: int) -> tuple[int, int]:
        rows = self._shapes[matrix][0]
        most = -(-rows // self._world)
        return min(holder * most, rows), min((holder + 1) * most, rows)

    def _sizes(self, holder: int, owner: int) -> list[int]:
        """Entries that `holder` has of each matrix of `owner`."""
        spans = [self._span(i, holder) for i in self._owned[owner]]
        columns = [self._shapes[i][1] for i in self._owned[owner]]
        return [(end - low) * n for (low, end), n in zip(spans, columns, strict=True)]

    def _swap(self, sent: Sequence[Sequence[Tensor]], sizes: Sequence[list[int]]) -> list[tuple[Tensor, ...]]:
        """Send the tensors `sent[r]` to rank r; from it come flat tensors of `sizes[r]` entries."""
        flat = torch.cat([part.flatten() for row in sent for part in row])
        sent_sizes = [sum(part.numel() for part in row) for row in sent]
        arrived_sizes = [sum(row) for row in sizes]
        arrived = flat.new_empty(sum(arrived_sizes))
        dist.all_to_all_single(arrived, flat, arrived_sizes, sent_sizes, group=self._ranks)
        blocks = torch.split(arrived, arrived_sizes)
        return [torch.split(block, row) for block, row in zip(blocks, sizes, strict=True)]


def shared_out(shapes: Sequence[torch.Size], ranks: int) -> list[int]:
    """The owner of each matrix: the most costly first, each to the rank with the least work so far.

    The cost is that of the products in Newton-Schulz. Every rank computes the same result.
    """
    load, owners = [0] * ranks, [0] * len(shapes)
    costs = [min(shape) ** 2 * max(shape) for shape in shapes]
    for i in sorted(range(len(shapes)), key=lambda i: -costs[i]):
        owners[i] = min(range(ranks), key=lambda rank: load[rank])
        load[owners[i]] += costs[i]
    return owners
