"""Text networks: made from a shape, saved as and loaded from a plain Hugging Face folder."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    GenerationConfig,
    PreTrainedModel,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.utils import logging as transformers_logging

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.shape import HEAD, Shape

# Its bars and notices would run into ours.
transformers_logging.disable_progress_bar()
transformers_logging.set_verbosity_error()
logging.getLogger("torch.distributed.elastic.multiprocessing.redirects").setLevel(logging.ERROR)


def build(shape: Shape, *, seed: int, end_id: int, turn_end_id: int) -> PreTrainedModel:
    """A fresh network in fp32, the same weights for the same seed.

    Output projections of both blocks start at zero (each layer begins as the identity), which saves
    warm-up; the rest is normal with 1/sqrt(width), embeddings with 0.02. Where the network's output is a
    table of its own, that starts at zero, too, and embeddings are normal with 0.5.
    """
    config = Qwen3Config(
        vocab_size=shape.vocab_size,
        hidden_size=shape.width,
        intermediate_size=shape.feed_forward,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        head_dim=HEAD,
        max_position_embeddings=shape.context,
        tie_word_embeddings=shape.tied,
        attention_bias=False,
        bos_token_id=None,
        eos_token_id=turn_end_id,
        pad_token_id=end_id,
        dtype="float32",
    )
    model: PreTrainedModel = Qwen3ForCausalLM(config)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.ndim < 2:
                continue
            if name.endswith(("o_proj.weight", "down_proj.weight", "lm_head.weight")):
                parameter.zero_()
                continue
            embedding = 0.02 if shape.tied else 0.5
            deviation = embedding if "embed" in name else parameter.shape[1] ** -0.5
            parameter.normal_(0.0, deviation, generator=generator)
    model.generation_config = GenerationConfig(
        eos_token_id=[turn_end_id, end_id], pad_token_id=end_id, do_sample=True, temperature=0.7
    )
    return model


def save(model: PreTrainedModel, folder: Path) -> None:
    """`config.json`, `generation_config.json` and safetensors; loads in plain `transformers`."""
    model.save_pretrained(folder, safe_serialization=True)


def load(folder: Path, **options: Any) -> PreTrainedModel:
    """Load a Hugging Face causal language model: safetensors only, no code from the folder, offline."""
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            **options,
        )
    except (OSError, ValueError, KeyError) as error:
        raise GlaswerkError(
            f"{folder} is not a model that can be loaded: {error}", hint="glaswerk status"
        ) from error
    return model.eval()
