"""Muon for the matrices, AdamW for the rest, and a warmup-stable-decay schedule over both."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer


def optimizers(model: nn.Module, *, learning_rate: float, weight_decay: float) -> list[Optimizer]:
    """Muon (update scaled to AdamW's RMS, so that both share one learning rate) and AdamW.

    Embeddings and norms take AdamW: Muon's orthogonal update fits linear maps only (Jordan 2024).
    """
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    matrices = [p for n, p in named if p.ndim == 2 and "embed" not in n and "lm_head" not in n]
    chosen = {id(p) for p in matrices}
    rest = [p for _, p in named if id(p) not in chosen]
    muon = Muon(
        matrices, lr=learning_rate, weight_decay=weight_decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
    )
    adamw = AdamW(rest, lr=learning_rate, betas=(0.9, 0.95), eps=1e-10, weight_decay=0.0)
    return [muon, adamw]


def schedule(step: int, steps: int, *, warmup: int, decay: int) -> float:
    """Factor on the learning rate: linear up over `warmup`, flat, linear down to 0 over the last `decay`."""
    rise = min(1.0, (step + 1) / max(warmup, 1))
    fall = min(1.0, (steps - step) / max(decay, 1))
    return min(rise, fall)


def set_rate(optimizer: Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


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
