"""Muon for the matrices, AdamW for embeddings and norms, each kind with its own learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from glaswerk.train.muon import Muon
from glaswerk.train.precision import PRECISIONS

# Where torch has AdamW as one kernel; elsewhere it is one kernel an operation and some parameters.
_FUSED = {"cpu", "cuda", "xpu", "mps"}


@dataclass(frozen=True, slots=True)
class Ratios:
    """Learning rates as multiples of the matrices' one."""

    embedding: float = 1.0
    norm: float = 1.0


def optimizers(
    model: nn.Module,
    *,
    learning_rate: float,
    weight_decay: float,
    ratios: Ratios = Ratios(),
) -> list[Optimizer]:
    """Muon (update scaled to AdamW's RMS, so that one learning rate fits both) and AdamW.

    Embeddings and norms take AdamW: Muon's orthogonal update fits linear maps only (Jordan 2024), and
    weight decay would pull norms to 0. Muon's products are in fp32 until `set_precision` says otherwise.
    Each group has its share of the learning rate as `ratio`.
    """
    matrices, embeddings, norms = by_kind(model)
    muon = Muon(
        [{"params": matrices, "ratio": 1.0}],
        lr=learning_rate, weight_decay=weight_decay, dtype=torch.float32,
    )  # fmt: skip
    adamw = AdamW(
        [{"params": embeddings, "ratio": ratios.embedding}, {"params": norms, "ratio": ratios.norm}],
        lr=learning_rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0,
        fused=all(p.device.type in _FUSED for p in embeddings + norms),
    )  # fmt: skip
    parts: list[Optimizer] = [muon, adamw]
    for part in parts:
        set_rate(part, learning_rate)
    return parts


def set_precision(parts: list[Optimizer], precision: str) -> None:
    """Multiply in fp32 or bf16 (see `resolve`) from now on."""
    for part in parts:
        if isinstance(part, Muon):
            part.dtype = PRECISIONS[precision]


def by_kind(model: nn.Module) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Trainable parameters: matrices of linear maps; embeddings with the output projection; the rest."""
    named: list[tuple[str, Tensor]] = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    embeddings = [p for name, p in named if p.ndim == 2 and ("embed" in name or "lm_head" in name)]
    matrices = [p for name, p in named if p.ndim == 2 and "embed" not in name and "lm_head" not in name]
    return matrices, embeddings, [p for _, p in named if p.ndim != 2]


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Give each group its share of the matrices' learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["ratio"]


def state_tensors(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """The optimizer's state as named tensors: `<parameter>/<key>`. Python numbers become 0-d tensors."""
    names = {id(p): n for n, p in model.named_parameters()}
    tensors = {}
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            tensors[f"{names[id(parameter)]}/{key}"] = torch.as_tensor(value).detach().clone()
    return tensors


def load_state_tensors(model: nn.Module, optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of `state_tensors`."""
    parameters = dict(model.named_parameters())
    owned = {id(p) for group in optimizer.param_groups for p in group["params"]}
    for name, value in tensors.items():
        parameter, key = name.rsplit("/", 1)
        if id(parameters[parameter]) in owned:
            optimizer.state[parameters[parameter]][key] = value.clone()
