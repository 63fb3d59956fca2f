"""Muon for the matrices, AdamW for embeddings and norms, each kind with its own learning rate."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from glaswerk.train.machine.precision import PRECISIONS
from glaswerk.train.optim.muon import Muon

# Muon's update fits complete linear maps: neither a lookup table nor one of the two factors of an adapter.
_ADAMW = ("embed", "lm_head", "lora_", "wte", "wpe")
# The `input_ratio` of pretraining. Rows of an embedding learn from their own tokens alone: times 1, 4 and 12
# gave 2.152, 2.127 and 2.118 bits per byte after 90 s (docs/decisions/2026-11-23-training.md).
UNTIED = 4.0
# Devices for which torch has AdamW as one fused kernel; others use one kernel per operation.
_FUSED = {"cpu", "cuda", "xpu", "mps"}


def optimizers(
    model: nn.Module,
    *,
    learning_rate: float,
    weight_decay: float,
    embedding_ratio: float = 1.0,
    input_ratio: float = 1.0,
) -> list[Optimizer]:
    """Muon (update scaled to AdamW's RMS, so that one learning rate fits both) and AdamW.

    Embeddings and norms take AdamW: Muon's orthogonal update fits linear maps only (Jordan 2024), and
    weight decay would pull norms to 0. Muon's products are in fp32 until `set_precision` says otherwise.
    Embeddings have `embedding_ratio` times the learning rate of matrices and norms. If the output projection
    is untied, it has that learning rate, and the input embedding `input_ratio` times as much.
    """
    matrices, embeddings, norms = by_kind(model)
    inputs = _inputs_alone(model)
    muon = Muon(
        [{"params": matrices, "ratio": 1.0}],
        lr=learning_rate,
        weight_decay=weight_decay,
        dtype=torch.float32,
    )
    adamw = AdamW(
        [
            {"params": [p for p in embeddings if p is not inputs], "ratio": embedding_ratio},
            {"params": norms, "ratio": 1.0},
            *([] if inputs is None else [{"params": [inputs], "ratio": input_ratio * embedding_ratio}]),
        ],
        lr=learning_rate,
        betas=(0.9, 0.95),
        eps=1e-10,
        weight_decay=0.0,
        fused=all(p.device.type in _FUSED for p in embeddings + norms),
    )
    parts: list[Optimizer] = [muon, adamw]
    for part in parts:
        set_rate(part, learning_rate)
    return parts


def _inputs_alone(model: nn.Module) -> Tensor | None:
    """The input embedding, if it is trained and the output projection is untied and trained, too."""
    named = {name: p for name, p in model.named_parameters() if p.requires_grad and p.ndim == 2}
    tables = [p for name, p in named.items() if "embed_tokens" in name]
    return tables[0] if tables and any("lm_head" in name for name in named) else None


def set_precision(parts: list[Optimizer], precision: str) -> None:
    """From now on, compute Muon's matrix products in fp32 or bf16 (see `resolve`)."""
    for part in parts:
        if isinstance(part, Muon):
            part.dtype = PRECISIONS[precision]


def by_kind(model: nn.Module) -> tuple[list[Tensor], list[Tensor], list[Tensor]]:
    """Trainable parameters: matrices of linear maps; embeddings, output projection, adapters; the rest."""
    named: list[tuple[str, Tensor]] = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    embeddings = [p for name, p in named if p.ndim == 2 and any(part in name for part in _ADAMW)]
    matrices = [p for name, p in named if p.ndim == 2 and not any(part in name for part in _ADAMW)]
    return matrices, embeddings, [p for _, p in named if p.ndim != 2]


def set_rate(optimizer: Optimizer, rate: float) -> None:
    """Set the learning rate of every group: `rate`, that of the matrices, times the group's ratio."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["ratio"]
