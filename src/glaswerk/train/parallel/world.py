"""All ranks of a run: which rows and which part of the weights each has, and the sums over all of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches.batches import Batch
from glaswerk.train.machine.device import device_of_rank
from glaswerk.train.machine.precision import PRECISIONS, autocast
from glaswerk.train.objective.next_token import Network, Result
from glaswerk.train.parallel.context_parallel import slice_rows, use_context
from glaswerk.train.parallel.degrees import Parallel
from glaswerk.train.parallel.ranks import Ranks
from glaswerk.train.parallel.tensor_parallel import divide_layers

# A rank that waits this long for another considers it lost; ten checkpoints of a large run take less.
_PATIENCE = timedelta(minutes=10)


class World:
    """All ranks of a run. A single process is a world, too, and computes as if there were no ranks."""

    def __init__(self, parallel: Parallel, device: torch.device, mesh: DeviceMesh | None = None) -> None:
        self.parallel, self.device, self._mesh = parallel, device, mesh
        self._precision = "fp32"
        self.rank, self.size = (dist.get_rank(), dist.get_world_size()) if mesh else (0, 1)
        within = self.rank // parallel.tensor
        self._context_rank, self.data_rank = within % parallel.context, within // parallel.context

    @classmethod
    def alone(cls) -> World:
        """A world of only this process, on the device that it would train on."""
        return cls(Parallel().fitted(1), device_of_rank())

    @property
    def first(self) -> bool:
        """Whether this is rank 0, which writes what is written only once."""
        return self.rank == 0

    def ranks(self) -> Ranks:
        """A separate channel for agreements in parallel to training. A collective operation."""
        if self._mesh is None:
            return Ranks()
        return Ranks(self.rank, self.size, dist.new_group(backend="gloo", timeout=_PATIENCE))

    def distribute(self, network: Network, precision: str) -> None:
        """Move `network` to the device and shard its weights in place among the ranks.

        Weights stay in fp32; with precision bf16 they are gathered in bf16, layer by layer. Gradients are
        sums over ranks in fp32: the loss of each part is already divided by the labels of the full batch.
        """
        network.to(self.device)
        if self._mesh is None:
            return
        self._precision = precision
        if self.parallel.context > 1:
            use_context(network.model, self._context_mesh())
        if self.parallel.tensor > 1:
            divide_layers(network.model, self._mesh["tensor"])
        mesh = self._mesh["replicate", "shard"] if self.parallel.replicate > 1 else self._mesh["shard"]
        kind = PRECISIONS[precision]
        # Inputs keep their dtype: the residual stream stays in fp32, as under autocast on one device.
        policy = MixedPrecisionPolicy(param_dtype=kind, reduce_dtype=torch.float32, cast_forward_inputs=False)
        for layer in network.model.get_decoder().layers:
            fully_shard(layer, mesh=mesh, mp_policy=policy)
        # The rest (embeddings, last norm) stays in fp32: the loss needs it.
        fully_shard(network, mesh=mesh, reshard_after_forward=False)
        for module in network.modules():
            if isinstance(module, FSDPModule):
                module.set_gradient_divide_factor(1.0)
                # Use a plain sum for the factor of 1: gloo has no sum with a factor.
                module.set_force_sum_reduction_for_comms(True)

    def part(self, batch: Batch) -> Batch:
        """This rank's share of a step's batch, on its device: some rows, or a slice of some rows.

        Raises GlaswerkError if the rows cannot be shared equally.
        """
        self.parallel.check_rows(*batch.inputs.shape)
        own = batch.part(self.data_rank, self.parallel.data_ranks)
        if self.parallel.context > 1:
            own = slice_rows(own, self._context_rank, self.parallel.context)
        return own.to(self.device)

    def sums(self, parts: Mapping[str, float]) -> dict[str, float]:
        """Each value added up over the parts of the batch, the same on every rank."""
        if self._mesh is None:
            return dict(parts)
        total = torch.tensor(list(parts.values()), dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        # Tensor-parallel ranks compute the same part.
        return dict(zip(parts, (total / self.parallel.tensor).tolist(), strict=True))

    def any(self, *flags: bool) -> list[bool]:
        """For each flag, whether it is set on any rank, so that all do the same at the same step."""
        return [count > 0 for count in self.sums({str(i): flag for i, flag in enumerate(flags)}).values()]

    def evaluate(self, network: Network, compute: Callable[[PreTrainedModel], Result]) -> Result:
        """The result of `compute(model)`, without gradients; every rank computes all of it.

        Sharded weights are gathered in the precision of the training, so that the products are in it, too.
        """
        with torch.no_grad(), autocast(self._precision, self.device):
            result: Result = network(compute)
        if isinstance(network, FSDPModule):
            # The outermost weights stay gathered for a backward pass, and there is none.
            network.reshard()
        return result

    def clip(self, parameters: Iterable[Tensor], limit: float) -> float:
        """Scale gradients so that their norm over all ranks is at most `limit`; returns the norm before."""
        chosen = list(parameters)
        norm = nn.utils.get_total_norm([p.grad for p in chosen if p.grad is not None])
        if isinstance(norm, DTensor):
            norm = norm.full_tensor()
        nn.utils.clip_grads_with_norm_(chosen, limit, norm)
        return norm.item()

    def gathered(self, model: PreTrainedModel) -> PreTrainedModel | None:
        """A plain copy of `model` with complete weights on the CPU of the first rank; None on all others.

        For saving. A collective operation. A single process gets the model itself.
        """
        if self._mesh is None:
            return model
        weights = {}
        for name, parameter in model.named_parameters():
            whole = parameter.full_tensor() if isinstance(parameter, DTensor) else parameter
            if self.first:
                weights[name] = whole.detach().cpu()
        if not self.first:
            return None
        plain = type(model)(model.config)
        plain.load_state_dict(weights, strict=False)
        plain.generation_config = model.generation_config
        return plain.eval()

    def _context_mesh(self) -> DeviceMesh:
        degrees = self.parallel
        shape = (degrees.data_ranks, degrees.context, degrees.tensor)
        return init_device_mesh(self.device.type, shape, mesh_dim_names=("data", "context", "tensor"))[
            "context"
        ]


@contextmanager
def open_world(parallel: Parallel) -> Iterator[World]:
    """The world that torchrun describes in the environment, or a single process.

    Raises GlaswerkError if `parallel` does not fit the number of ranks.
    """
    rank, size = os.environ.get("RANK"), os.environ.get("WORLD_SIZE")
    if (rank is None) != (size is None):
        raise GlaswerkError(
            f"expected RANK and WORLD_SIZE together, found RANK={rank} and WORLD_SIZE={size}",
            hint="torchrun sets both; unset both to train in one process",
        )
    fitted = parallel.fitted(int(size or 1))
    device = device_of_rank()
    if rank is None:
        yield World(fitted, device)
        return
    dist.init_process_group(
        "nccl" if device.type == "cuda" else "gloo",
        timeout=_PATIENCE,
        device_id=device if device.type == "cuda" else None,
    )
    try:
        shape = (fitted.replicate, fitted.shard * fitted.context, fitted.tensor)
        mesh = init_device_mesh(device.type, shape, mesh_dim_names=("replicate", "shard", "tensor"))
        yield World(fitted, device, mesh)
        # A rank that leaves while another still waits for it makes that one fail.
        dist.barrier()
    finally:
        dist.destroy_process_group()
