"""Build a text network from a shape; save it to and load it from a plain Hugging Face folder."""

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

# Their progress bars and notices would mix with ours.
transformers_logging.disable_progress_bar()
transformers_logging.set_verbosity_error()
logging.getLogger("torch.distributed.elastic.multiprocessing.redirects").setLevel(logging.ERROR)


def build(shape: Shape, *, seed: int, end_id: int, turn_end_id: int) -> PreTrainedModel:
    """A new network in fp32; the same seed gives the same weights.

    The output projections of attention and feed-forward start at zero (each layer begins as the identity),
    which saves warm-up. Other matrices are normal with deviation 1/sqrt(inputs), embeddings with 0.02. If
    input and output embeddings are untied, the output starts at zero and embeddings have deviation 0.5.
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
    """Write `config.json`, `generation_config.json` and safetensors, which plain `transformers` loads."""
    model.save_pretrained(folder, safe_serialization=True)


def load(folder: Path, **options: Any) -> PreTrainedModel:
    """Load a Hugging Face causal language model in fp32: safetensors only, offline, no code from the folder.

    options: passed to `from_pretrained`. Raises GlaswerkError if the folder has no loadable model.
    """
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
            f"cannot load a model from {folder}: {error}", hint="glaswerk verify --all names what is damaged"
        ) from error
    return model.eval()
