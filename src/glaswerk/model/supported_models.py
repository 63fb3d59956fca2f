"""The open families that can be adopted, and what a network of one must hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig

from glaswerk.core.errors import GlaswerkError

# model_type of config.json → the class; `transformers` has all four, so no code comes with a model.
MODEL_CLASSES = {
    "llama": "LlamaForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
}
# Older files say these at the top; the classes still read them.
_LEGACY = {"rope_theta", "rope_scaling", "rope_local_base_freq", "sliding_window_pattern"}
_IGNORED = {"architectures", "transformers_version", "dtype", "use_cache", "id2label", "label2id"}
_FAULTS = (
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    StrictDataclassError,
)
_MOST = 1 << 24
_MOST_LAYERS = 512


def read_config(raw: Mapping[str, Any], where: str) -> PretrainedConfig:
    """A network's config with what its class knows and nothing else. Raises GlaswerkError.

    What begins with an underscore stays behind: among it are names of kernels that `transformers` fetches.
    """
    family = raw.get("model_type")
    if family not in MODEL_CLASSES:
        raise GlaswerkError(
            f"{where} holds a network of the type {family!r}; these can be adopted: {', '.join(MODEL_CLASSES)}",
            hint="adopt a model of one of these families",
        )
    for key, what in (("auto_map", "code of its own"), ("quantization_config", "quantised weights")):
        if raw.get(key):
            raise GlaswerkError(
                f"{where} asks for {what} ({key}), which is not run here", hint="adopt a model without it"
            )
    classes = raw.get("architectures")
    if classes and classes != [MODEL_CLASSES[family]]:
        raise GlaswerkError(f"{where} names the class {classes!r}; expected {[MODEL_CLASSES[family]]!r}")
    known = {key for key in AutoConfig.for_model(family).to_dict() if not key.startswith("_")}
    chosen = {key: value for key, value in raw.items() if key in (known | _LEGACY) - _IGNORED}
    chosen.pop("model_type")
    _check_sizes(chosen, where)
    try:
        config: PretrainedConfig = AutoConfig.for_model(family, **chosen)
    except _FAULTS as error:
        raise GlaswerkError(f"{where} cannot be read: {error}") from error
    config.architectures = [MODEL_CLASSES[family]]
    return config


def expected_shapes(config: PretrainedConfig, where: str) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor that this network is saved with; no memory is taken for them."""
    try:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config)
    except _FAULTS as error:
        raise GlaswerkError(f"{where} describes a network that cannot be built: {error}") from error
    shapes = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    if config.tie_word_embeddings:
        shapes.pop("lm_head.weight", None)
    return shapes


def check_shapes(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]], where: str
) -> None:
    """Raises GlaswerkError where tensors are missing, left over or of another shape."""
    for word, names in (
        ("lacks", expected.keys() - found.keys()),
        ("holds what its config does not ask for:", found.keys() - expected.keys()),
    ):
        if names:
            listed = ", ".join(sorted(names)[:3]) + (" …" if len(names) > 3 else "")
            raise GlaswerkError(f"{where} {word} {listed} ({len(names):,} of {len(expected):,} tensors)")
    for name, shape in expected.items():
        if found[name] != shape:
            raise GlaswerkError(f"{where}: {name} has the shape {found[name]}; its config says {shape}")


def _check_sizes(config: Mapping[str, Any], where: str) -> None:
    for key, value in config.items():
        limit = _MOST_LAYERS if key == "num_hidden_layers" else _MOST
        if isinstance(value, int) and not -1 <= value <= limit:
            raise GlaswerkError(f"{where} says {value:,} for {key}; this reads up to {limit:,}")
