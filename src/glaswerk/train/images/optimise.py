"""The optimizers of a picture network."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from glaswerk.train.optim.averages import Averages
from glaswerk.train.optim.muon import Muon

_TEXT = "text_encoder."
# Ratio of AdamW's learning rate to Muon's, for what reads, writes and modulates.
_ENDS = 0.5


def optimisers(
    *, learning_rate: float, weight_decay: float, text_ratio: float, average: float
) -> Callable[[nn.Module], list[Optimizer]]:
    """Makes Muon for the matrices inside blocks, AdamW for the rest, and averages of all.

    The text encoder has `text_ratio` times the learning rates of the network.
    """

    def make(model: nn.Module) -> list[Optimizer]:
        named = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
        inner = [(name, p) for name, p in named if _is_inner(name, p)]
        rest = [(name, p) for name, p in named if not _is_inner(name, p)]
        muon = Muon(
            _groups(inner, 1.0, text_ratio), lr=learning_rate, weight_decay=weight_decay, dtype=torch.float32
        )
        adamw = AdamW(
            _groups(rest, _ENDS, text_ratio),
            lr=learning_rate,
            betas=(0.9, 0.95),
            eps=1e-10,
            weight_decay=0.0,
            fused=True,
        )
        return [muon, adamw, Averages([p for _, p in named], decay=average)]

    return make


def _is_inner(name: str, parameter: Tensor) -> bool:
    """Whether Muon trains it: a matrix of a block, except for the one that modulates."""
    inside = ".blocks." in name or ".layers." in name
    return parameter.ndim == 2 and inside and "modulation" not in name


def _groups(named: Sequence[tuple[str, Tensor]], ratio: float, text_ratio: float) -> list[dict[str, object]]:
    text = [p for name, p in named if name.startswith(_TEXT)]
    other = [p for name, p in named if not name.startswith(_TEXT)]
    groups = [{"params": other, "ratio": ratio}, {"params": text, "ratio": ratio * text_ratio}]
    return [group for group in groups if group["params"]]
