"""One rank of the sharded runs in test_muon.py: STORE RANKS LAYOUT OUT RANK.

Rank 0 writes weights and momentum, whole, after four steps. Rows divide neither by 2 nor by 3; one matrix
has fewer rows than there are ranks.
"""

from __future__ import annotations

import sys

import torch
import torch.distributed as dist
from safetensors.torch import save_file
from torch import nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.tensor import DTensor
from torch.distributed.tensor.parallel import ColwiseParallel, RowwiseParallel, parallelize_module

from glaswerk.train.optim.muon import Muon

ROWS = 12


class Net(nn.Module):
    """Matrices of several shapes, two of them equal."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.up = nn.Linear(8, 26, bias=False)
        self.down = nn.Linear(26, 8, bias=False)
        self.blocks = nn.ModuleList(nn.Linear(8, 8, bias=False) for _ in range(2))
        self.last = nn.Linear(8, 2, bias=False)
        self.uneven = nn.Linear(2, 7, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.down(self.up(x).tanh())
        for block in self.blocks:
            x = block(x).tanh()
        return self.uneven(self.last(x).tanh())


def cut(model: Net, ranks: int, layout: str) -> DeviceMesh:
    """Cut the model; returns the mesh over which the batch is cut."""
    if layout == "fsdp":
        mesh = init_device_mesh("cpu", (ranks,))
        for block in model.blocks:
            fully_shard(block, mesh=mesh)
        fully_shard(model, mesh=mesh)
        return mesh
    if layout == "hsdp":
        fully_shard(model, mesh=init_device_mesh("cpu", (2, ranks // 2), mesh_dim_names=("copies", "shards")))
        return init_device_mesh("cpu", (ranks,))
    both = init_device_mesh("cpu", (ranks // 2, 2), mesh_dim_names=("data", "tensor"))
    parallelize_module(model, both["tensor"], {"up": ColwiseParallel(), "down": RowwiseParallel()})
    fully_shard(model, mesh=both["data"])
    return both["data"]


def trained(model: Net, part: int = 0, parts: int = 1) -> dict[str, torch.Tensor]:
    """Weights and momentum, whole, after four steps on this part of every batch."""
    optimizer = Muon(model.parameters(), lr=0.02, weight_decay=0.1, dtype=torch.float32)
    chance = torch.Generator().manual_seed(1)
    for _ in range(4):
        x, wanted = (torch.randn(ROWS, size, generator=chance) for size in (8, 7))
        rows = slice(part * ROWS // parts, (part + 1) * ROWS // parts)
        # FSDP takes the mean over ranks of equal parts: the gradient of the whole batch's mean.
        (model(x[rows]) - wanted[rows]).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
    tensors = {}
    for name, parameter in model.named_parameters():
        buffer = optimizer.state[parameter]["momentum_buffer"]
        assert type(buffer) is type(parameter.data), "the state is sharded as the parameter is"
        tensors |= {name: _whole(parameter), f"{name}/momentum_buffer": _whole(buffer)}
    return tensors


def _whole(value: torch.Tensor) -> torch.Tensor:
    full = value.full_tensor() if isinstance(value, DTensor) else value
    return full.detach().contiguous()


def main() -> None:
    store, ranks, layout, out, rank = (
        sys.argv[1],
        int(sys.argv[2]),
        sys.argv[3],
        sys.argv[4],
        int(sys.argv[5]),
    )
    dist.init_process_group("gloo", store=dist.FileStore(store, ranks), rank=rank, world_size=ranks)
    model = Net()
    mesh = cut(model, ranks, layout)
    tensors = trained(model, mesh.get_local_rank(), mesh.size())
    if rank == 0:
        save_file(tensors, out)
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
