"""What GGUF and llama.cpp cannot express of a network: they would read another one without a word.

llama.cpp has much of a network in its code (src/models/*.cpp), not in the file: the activation, which layers
have a window, the base of RoPE in Gemma 3's local layers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from transformers import PretrainedConfig

from glaswerk.core.errors import GlaswerkError

# Hugging Face's model_type → GGUF's architecture. Mistral's network is Llama's.
WRITTEN = {
    "llama": "llama",
    "mistral": "llama",
    "qwen2": "qwen2",
    "qwen3": "qwen3",
    "gemma3_text": "gemma3",
}
_ACTIVATION = {"gemma3": "gelu_pytorch_tanh"}
_ROPE = ("default", "linear", "llama3")
# Every sixth layer of Gemma 3 sees the whole context; local layers have this base.
GEMMA_PATTERN, GEMMA_LOCAL_BASE = 6, 10_000.0
_HINT = "serve the Hugging Face folder directly; it needs no GGUF"


def check_expressible(config: PretrainedConfig, where: str) -> None:
    """Raises GlaswerkError, naming every setting of the network that a GGUF file would lose."""
    if config.model_type not in WRITTEN:
        raise GlaswerkError(
            f"expected a network of type {', '.join(WRITTEN)} to write as GGUF, found {config.model_type!r} "
            f"in {where}",
            hint=_HINT,
        )
    found = list(_lost(config, WRITTEN[config.model_type]))
    if found:
        raise GlaswerkError(
            f"expected a network that GGUF can express, found in {where}: {'; '.join(found)}", hint=_HINT
        )


def _lost(config: PretrainedConfig, name: str) -> Iterator[str]:
    wanted = _ACTIVATION.get(name, "silu")
    own = getattr(config, "hidden_activation", None) or config.hidden_act
    if own != wanted:
        yield f"the activation {own!r} ({name} has {wanted!r})"
    if name in ("qwen3", "gemma3") and config.attention_bias:
        yield f"biases of attention ({name} has none)"
    yield from _windows(config, name)
    yield from _positions(config)
    if name == "gemma3":
        yield from _gemma(config)


def _windows(config: PretrainedConfig, name: str) -> Iterator[str]:
    kinds = list(getattr(config, "layer_types", None) or [])
    window = getattr(config, "sliding_window", None)
    if name == "gemma3":
        layers = range(config.num_hidden_layers)
        expected = ["sliding_attention" if (i + 1) % GEMMA_PATTERN else "full_attention" for i in layers]
        if kinds != expected:
            yield f"layer types other than {GEMMA_PATTERN - 1} local ones and a global one in turn"
    elif "sliding_attention" in kinds or (not kinds and window and window < config.max_position_embeddings):
        yield f"a sliding window of {window} tokens ({name} has none)"


def _positions(config: PretrainedConfig) -> Iterator[str]:
    rope = config.rope_parameters or {}
    for kind, part in rope.items() if "full_attention" in rope else [("", rope)]:
        scaling = part.get("rope_type", "default")
        if scaling not in _ROPE or (kind == "sliding_attention" and scaling != "default"):
            yield f"RoPE scaling of type {scaling!r}{f' in {kind}' if kind else ''}"
        if part.get("partial_rotary_factor", 1.0) not in (None, 1.0):
            yield f"RoPE on {part['partial_rotary_factor']} of each head"


def _gemma(config: PretrainedConfig) -> Iterator[str]:
    local = (config.rope_parameters or {}).get("sliding_attention", {})
    if not math.isclose(local.get("rope_theta", GEMMA_LOCAL_BASE), GEMMA_LOCAL_BASE):
        yield f"the base {local['rope_theta']:,} of RoPE in local layers (gemma3 has {GEMMA_LOCAL_BASE:,.0f})"
    for key in ("attn_logit_softcapping", "final_logit_softcapping"):
        if getattr(config, key, None):
            yield f"{key} {getattr(config, key)} (gemma3 has none)"
    scalar = gemma_scalar(
        config.num_hidden_layers, config.hidden_size, config.num_attention_heads, config.head_dim
    )
    if not math.isclose(config.query_pre_attn_scalar, scalar):
        yield f"query_pre_attn_scalar {config.query_pre_attn_scalar} (gemma3 of this size has {scalar})"
    if getattr(config, "use_bidirectional_attention", None):
        yield "attention in both directions"


def gemma_scalar(layers: int, width: int, heads: int, head: int) -> int:
    """What llama.cpp takes for query_pre_attn_scalar: it recognises the 27 B model by its 62 layers."""
    return width // heads if layers == 62 else head


# Settings that change what a network computes; compared after a file is written.
_SETTINGS = (
    "hidden_act",
    "hidden_activation",
    "rms_norm_eps",
    "rope_parameters",
    "sliding_window",
    "layer_types",
    "num_key_value_heads",
    "query_pre_attn_scalar",
    "attention_bias",
    "mlp_bias",
    "attn_logit_softcapping",
    "final_logit_softcapping",
    "max_position_embeddings",
    "tie_word_embeddings",
)


def differences(config: PretrainedConfig, read: PretrainedConfig) -> list[str]:
    """The settings that a reader of the file takes from it otherwise than they were."""
    names = [name for name in _SETTINGS if hasattr(config, name) and hasattr(read, name)]
    if config.model_type != read.model_type:  # Mistral's window was checked before; Llama has no such setting
        names = [name for name in names if name != "sliding_window"]
    return [
        f"{name} {getattr(config, name)!r} became {getattr(read, name)!r}"
        for name in names
        if not _same(getattr(config, name), getattr(read, name))
    ]


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        one, other = ({k: v for k, v in part.items() if v is not None} for part in (one, other))
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=1e-6)
    return bool(one == other)
