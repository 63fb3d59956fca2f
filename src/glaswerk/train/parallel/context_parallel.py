"""Context parallel: every rank holds a slice of each row's sequence and attends to the whole row.

Keys and values of a row are gathered from the ranks of the context group in each layer, and each rank attends
its own queries to all of them under the row's mask. torch's ring attention would keep fewer keys at a time,
but it has kernels only for CUDA and does not support packed rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.batches.batches import IGNORED, Batch
from glaswerk.train.objective.attention import NAME as OWN
from glaswerk.train.objective.attention import sees_all

NAME = f"{OWN}_context"
# (rows, heads, length, head size): where keys and values have the sequence.
_SEQUENCE = 2


@dataclass(frozen=True, slots=True)
class Slice(Batch):
    """A part of each row's sequence.

    `seen`: bool, (rows, 1, own length, full length), true where a query may attend to a key.
    """

    seen: Tensor

    def mask(self) -> Tensor:
        """`seen`."""
        return self.seen


def slice_rows(batch: Batch, rank: int, of: int) -> Slice:
    """The part of `batch` for one of `of` ranks; rows are padded so that all parts have equal length."""
    length = batch.inputs.shape[1]
    part = -(-length // of)
    own = slice(rank * part, (rank + 1) * part)
    padded = [
        _pad(t, part * of, fill)
        for t, fill in zip((batch.inputs, batch.labels, batch.positions), (0, IGNORED, 0), strict=True)
    ]
    inputs, labels, positions = padded
    whole = Batch(inputs, labels, positions, batch.sizes)
    sizes = (batch.sizes - own.start).clamp(0, part)
    return Slice(inputs[:, own], labels[:, own], positions[:, own], sizes, _mask(whole)[:, :, own])


def use_context(model: PreTrainedModel, mesh: DeviceMesh) -> None:
    """Make the attention of `model` gather keys and values over the one-dimensional `mesh`.

    Raises GlaswerkError for a network whose layers do not all see the whole row.
    """
    if not sees_all(model) or model.config._attn_implementation != OWN:
        raise GlaswerkError(
            "expected a network whose layers all see the whole row, found one with other attention: its rows "
            "cannot be divided",
            hint="leave context out of --parallel",
        )
    AttentionInterface.register(NAME, partial(_attend, mesh))
    model.set_attn_implementation(NAME)


def _attend(
    mesh: DeviceMesh,
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    **more: Any,
) -> tuple[Tensor, None]:
    # Rows that were not sliced, as in a validation, come without a mask or with one of their own length.
    if mask is not None and mask.shape[-1] != key.shape[_SEQUENCE]:
        key, value = _gathered(key, mesh), _gathered(value, mesh)
    result: tuple[Tensor, None] = sdpa_attention_forward(module, query, key, value, mask, **more)
    return result


def _gathered(part: Tensor, mesh: DeviceMesh) -> Tensor:
    """The parts of all ranks along the sequence; backward sums the gradients from each rank's queries."""
    whole = DTensor.from_local(part, mesh, [Shard(_SEQUENCE)], run_check=False)
    return whole.redistribute(placements=[Replicate()]).to_local(grad_placements=[Partial()])


def _mask(batch: Batch) -> Tensor:
    """The mask of complete rows, even if they are plainly causal: a slice begins in their middle."""
    found = batch.mask()
    if found is not None:
        return found
    length = batch.inputs.shape[1]
    return torch.ones(length, length, dtype=torch.bool).tril().expand(len(batch.inputs), 1, length, length)


def _pad(rows: Tensor, length: int, fill: int) -> Tensor:
    return F.pad(rows, (0, length - rows.shape[1]), value=fill)
