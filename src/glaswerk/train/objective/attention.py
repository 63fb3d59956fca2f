"""Attention for short rows on a CPU: all scores of a row at once.

For short rows, torch's flash attention on CPUs saves memory but no time: forward and backward of 4,096 tokens
in bf16 took 82 ms in rows of 256 tokens and 110 ms in rows of 512, against 50 and 88 ms for plain matrix
products. From 1,024 tokens on, and in fp32 at every length, flash attention is faster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from glaswerk.train.objective.loss import product_type

# Attention of ours takes boolean masks; the names of all begin so.
NAME = "glaswerk"
SHORT = 512


def use_attention(model: PreTrainedModel) -> None:
    """Make `model` use this attention for short rows on a CPU, and torch's "sdpa" for everything else.

    A network that `transformers` does not run with "sdpa", such as one with attention sinks or capped scores,
    keeps its own attention.
    """
    if model.config._attn_implementation not in ("sdpa", NAME):
        return
    AttentionInterface.register(NAME, _attend)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    model.set_attn_implementation(NAME)


def masks(model: PreTrainedModel, mask: Callable[[], Tensor | None], positions: Tensor) -> Any:
    """What keeps pieces of a row apart in every layer of `model`.

    mask: a boolean one, (rows, 1, length, length), for layers that see the whole piece through our attention.
    positions: (rows, length), they begin again at every piece. A network with other kinds of attention needs
    a mask for each: None, as transformers makes them from the positions, except for GPT-OSS.
    """
    config = model.config
    if config.model_type == "gpt_oss":
        return _by_kind(positions, int(config.sliding_window), next(model.parameters()).dtype)
    return mask() if sees_all(model) and config._attn_implementation.startswith(NAME) else None


def sees_all(model: PreTrainedModel) -> bool:
    """Whether every layer sees the whole piece, so that one mask serves them all."""
    kinds = set(getattr(model.config, "layer_types", None) or ["full_attention"])
    return kinds == {"full_attention"} and not getattr(model.config, "sliding_window", None)


def _by_kind(positions: Tensor, window: int, dtype: torch.dtype) -> dict[str, Tensor]:
    """Masks that "eager" attention adds to its scores, by type of layer."""
    pieces = (positions == 0).cumsum(1)
    seen = (pieces[:, :, None] == pieces[:, None, :]).tril()
    near = positions[:, :, None] - positions[:, None, :] < window
    lowest = torch.finfo(dtype).min
    found = {"full_attention": seen, "sliding_attention": seen & near}
    return {
        kind: torch.zeros(part.shape, dtype=dtype, device=part.device).masked_fill(~part, lowest)[:, None]
        for kind, part in found.items()
    }


def _attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **rest: Any,
) -> tuple[Tensor, None]:
    """(rows, heads, length, head size) each → (rows, length, heads, head size)."""
    if mask is None or mask.dtype is not torch.bool or dropout or not _is_short(query, key):
        found: tuple[Tensor, None] = sdpa_attention_forward(
            module, query, key, value, mask, dropout=dropout, scaling=scaling, **rest
        )
        return found
    groups = query.shape[1] // key.shape[1]
    key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    scores = (query @ key.transpose(2, 3)).float() * scale
    shares = scores.masked_fill(~mask, float("-inf")).softmax(-1)
    return (shares @ value).transpose(1, 2).contiguous(), None


def _is_short(query: Tensor, key: Tensor) -> bool:
    short = query.shape[2] == key.shape[2] <= SHORT
    return short and query.device.type == "cpu" and product_type(query) is torch.bfloat16
