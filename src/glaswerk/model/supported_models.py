"""The model types that can be adopted, and the config and tensors that each must have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig

from glaswerk.core.errors import GlaswerkError

# model_type in config.json → class. `transformers` includes all four, so a model needs no code of its own.
MODEL_CLASSES = {
    "llama": "LlamaForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
}
# Older configs have these keys at the top level; the classes still read them.
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
    """A network's config, reduced to the keys that its class knows; `where` names the file in errors.

    Keys that begin with an underscore are dropped: some name kernels that `transformers` would download.
    Raises GlaswerkError for an unsupported type, remote code, quantised weights or sizes out of bounds.
    """
    family = raw.get("model_type")
    if family not in MODEL_CLASSES:
        raise GlaswerkError(
            f"expected a model_type of {', '.join(MODEL_CLASSES)} in {where}, found {family!r}",
            hint="adopt a model of one of these families",
        )
    for key, what in (("auto_map", "custom code"), ("quantization_config", "quantised weights")):
        if raw.get(key):
            raise GlaswerkError(
                f"{where} requires {what} ({key}), which is not supported", hint="adopt a model without it"
            )
    classes = raw.get("architectures")
    if classes and classes != [MODEL_CLASSES[family]]:
        raise GlaswerkError(f"expected the class {[MODEL_CLASSES[family]]!r} in {where}, found {classes!r}")
    known = {key for key in AutoConfig.for_model(family).to_dict() if not key.startswith("_")}
    chosen = {key: value for key, value in raw.items() if key in (known | _LEGACY) - _IGNORED}
    chosen.pop("model_type")
    _check_sizes(chosen, where)
    try:
        config: PretrainedConfig = AutoConfig.for_model(family, **chosen)
    except _FAULTS as error:
        raise GlaswerkError(f"{where} is not a valid config: {error}") from error
    config.architectures = [MODEL_CLASSES[family]]
    return config


def expected_shapes(config: PretrainedConfig, where: str) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor in a saved network of this config; allocates no memory for them.

    Raises GlaswerkError if no network can be built from the config.
    """
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
    """Raises GlaswerkError if tensors are missing, unexpected or of the wrong shape."""
    for word, names in (
        ("lacks", expected.keys() - found.keys()),
        ("has tensors that its config does not call for:", found.keys() - expected.keys()),
    ):
        if names:
            listed = ", ".join(sorted(names)[:3]) + (" …" if len(names) > 3 else "")
            raise GlaswerkError(f"{where} {word} {listed} ({len(names):,} of {len(expected):,} tensors)")
    for name, shape in expected.items():
        if found[name] != shape:
            raise GlaswerkError(f"expected the shape {shape} for {name} in {where}, found {found[name]}")


def _check_sizes(config: Mapping[str, Any], where: str) -> None:
    for key, value in config.items():
        limit = _MOST_LAYERS if key == "num_hidden_layers" else _MOST
        if isinstance(value, int) and not -1 <= value <= limit:
            raise GlaswerkError(f"expected {key} up to {limit:,} in {where}, found {value:,}")
