"""Muon: momentum whose update is made orthogonal, matrix by matrix (Jordan 2024).

The update equals that of `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"` (Liu et al. 2025: its RMS
is 0.2 times the learning rate, like AdamW's in practice, so that both can share one). Two things are new
here: matrices of equal shape go through the Newton-Schulz iteration together, and matrices that FSDP2 has
sharded are exchanged so that each is made orthogonal once, on one rank (as in Dion, Ahn et al. 2025).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.distributed import ProcessGroup
from torch.distributed.tensor import DTensor, Replicate, distribute_tensor
from torch.optim import Optimizer

from glaswerk.train.parallel.exchange import Exchange

# Five rounds of the quintic with the steepest slope at 0: singular values end between 0.7 and 1.2 (Jordan).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)
ROUNDS = 5
_SMALLEST_NORM = 1e-7
# Entries that go through the iteration at once. On a CPU core, a stack of small matrices is up to 1.35 times
# as fast as one matrix after the other, but a stack larger than its cache is slower (docs/scaling.md).
_PIECE = {"cpu": 1 << 20, "cuda": 1 << 26}


class Muon(Optimizer):
    """For matrices only. `dtype` is that of the products: bfloat16 if the device is faster in it.

    The state of each parameter is `momentum_buffer`, sharded like the parameter. If parameters are sharded,
    a step is a collective operation: every rank must have gradients for the same ones.
    """

    def __init__(
        self,
        params: Iterable[Any],
        *,
        lr: float,
        weight_decay: float,
        dtype: torch.dtype,
        momentum: float = 0.95,
    ) -> None:
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})
        # Not in the groups: those are saved in checkpoints, and a run may resume on another device.
        self.dtype = dtype

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Take one step. Re-evaluating the loss is not supported: `closure` must be None."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            whole, sharded, others = _by_layout([p for p in group["params"] if p.grad is not None])
            for places in _pieces(whole):
                piece = [whole[i] for i in places]
                updates = [self._update(p, group).to(self.dtype) for p in piece]
                _apply(piece, orthogonal(torch.stack(updates)), group)
            for ranks, matrices in sharded.items():
                exchange = Exchange([p.shape for p in matrices], ranks)
                owned = exchange.whole([self._update(p, group).to(self.dtype) for p in matrices])
                _apply(matrices, exchange.cut(_all_orthogonal(owned)), group)
            for matrix in others:
                _apply([matrix], [_gathered(matrix, self._update(matrix, group).to(self.dtype))], group)

    def _update(self, parameter: Tensor, group: dict[str, Any]) -> Tensor:
        """This rank's part of the Nesterov momentum, which is made orthogonal next."""
        state, gradient = self.state[parameter], parameter.grad
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(parameter)
        if isinstance(gradient, DTensor) and isinstance(parameter, DTensor):
            gradient = gradient.redistribute(placements=parameter.placements)
        assert gradient is not None
        buffer, gradient = local(state["momentum_buffer"]), local(gradient)
        buffer.lerp_(gradient, 1 - group["momentum"])
        return gradient.lerp(buffer, group["momentum"])


def orthogonal(stack: Tensor) -> Tensor:
    """(matrices, rows, columns) → each with its singular values near 1, in the dtype of `stack`."""
    a, b, c = COEFFICIENTS
    tall = stack.shape[1] > stack.shape[2]
    x = stack.mT if tall else stack
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp(min=_SMALLEST_NORM)
    for _ in range(ROUNDS):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def _all_orthogonal(matrices: Sequence[Tensor]) -> list[Tensor]:
    done = list(matrices)
    for places in _pieces(matrices):
        results = orthogonal(torch.stack([matrices[i] for i in places]))
        for place, result in zip(places, results, strict=True):
            done[place] = result
    return done


def local(tensor: Tensor) -> Tensor:
    """This rank's part of a tensor, sharing its memory; the tensor itself if it is not distributed."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def _apply(matrices: Sequence[Tensor], updates: Iterable[Tensor], group: dict[str, Any]) -> None:
    """Subtract this rank's parts of the orthogonal updates, after the decoupled weight decay."""
    for matrix, update in zip(matrices, updates, strict=True):
        rate = group["lr"] * 0.2 * max(matrix.shape) ** 0.5
        part = local(matrix)
        part.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-rate)


def _by_layout(
    matrices: Iterable[Tensor],
) -> tuple[list[Tensor], dict[ProcessGroup, list[Tensor]], list[Tensor]]:
    """Matrices complete on this rank; those sharded by rows, by group of ranks; those sharded otherwise."""
    whole: list[Tensor] = []
    sharded: dict[ProcessGroup, list[Tensor]] = {}
    others: list[Tensor] = []
    for matrix in matrices:
        cut = [i for i, p in enumerate(_placements(matrix)) if p != Replicate()]
        if not cut:
            whole.append(matrix)
        elif isinstance(matrix, DTensor) and len(cut) == 1 and matrix.placements[cut[0]].is_shard(0):
            sharded.setdefault(matrix.device_mesh.get_group(cut[0]), []).append(matrix)
        else:
            others.append(matrix)
    return whole, sharded, others


def _placements(matrix: Tensor) -> tuple[Any, ...]:
    return matrix.placements if isinstance(matrix, DTensor) else ()


def _pieces(matrices: Sequence[Tensor]) -> Iterator[list[int]]:
    """Indices of matrices of one shape and device, as many together as `_PIECE` allows."""
    kinds: dict[Any, list[int]] = {}
    for place, matrix in enumerate(matrices):
        kinds.setdefault((matrix.shape, matrix.device), []).append(place)
    for (shape, device), equal in kinds.items():
        size = max(1, _PIECE.get(device.type, _PIECE["cuda"]) // max(shape.numel(), 1))
        for start in range(0, len(equal), size):
            yield equal[start : start + size]


def _gathered(matrix: Tensor, update: Tensor) -> Tensor:
    """This rank's part of the orthogonal update of a matrix sharded in any way; all ranks compute it all."""
    assert isinstance(matrix, DTensor)
    mesh, placements = matrix.device_mesh, matrix.placements
    whole = DTensor.from_local(
        update, mesh, placements, run_check=False, shape=matrix.shape, stride=matrix.stride()
    ).full_tensor()
    # No source rank: all have the same complete matrix, and each takes its part out of its own copy.
    return distribute_tensor(orthogonal(whole[None])[0], mesh, placements, src_data_rank=None).to_local()
