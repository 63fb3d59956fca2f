"""The text encoder of a picture network: a copy of a language model of the lab, or a small new one."""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import PreTrainedModel, Qwen3Config, Qwen3Model

from glaswerk.model.text_network import load

_HEAD = 32


def copied(folder: Path) -> PreTrainedModel:
    """The decoder of the language model in `folder`, without its output projection, in fp32.

    Raises GlaswerkError if the folder has no loadable model.
    """
    found: PreTrainedModel = load(folder).get_decoder()
    return found


def small(
    vocabulary: int, *, width: int, layers: int, end_id: int, seed: int, length: int
) -> PreTrainedModel:
    """A new `Qwen3Model` of `layers` layers; `length`: most tokens of a caption."""
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=width,
        intermediate_size=width * 5 // 2,
        num_hidden_layers=layers,
        num_attention_heads=width // _HEAD,
        num_key_value_heads=width // _HEAD,
        head_dim=_HEAD,
        max_position_embeddings=length,
        bos_token_id=end_id,
        eos_token_id=end_id,
        pad_token_id=end_id,
        dtype="float32",
    )
    model: PreTrainedModel = Qwen3Model(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim == 2:
                deviation = 0.5 if "embed" in name else parameter.shape[1] ** -0.5
                parameter.normal_(0.0, deviation, generator=generator)
    return model
