"""The model types that can be adopted, and the config and tensors that each must have."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig
from transformers.core_model_loading import revert_weight_conversion

from glaswerk.core.errors import GlaswerkError

# model_type in config.json → class. `transformers` includes all of them, so a model needs no code of its own.
# A family is in this table once tests/model/test_families.py passes for it: logits, tuning, and GGUF or its
# refusal.
MODEL_CLASSES = {
    "apertus": "ApertusForCausalLM",
    "arcee": "ArceeForCausalLM",
    "cohere": "CohereForCausalLM",
    "cohere2": "Cohere2ForCausalLM",
    "ernie4_5": "Ernie4_5ForCausalLM",
    "exaone4": "Exaone4ForCausalLM",
    "gemma": "GemmaForCausalLM",
    "gemma2": "Gemma2ForCausalLM",
    "gemma3_text": "Gemma3ForCausalLM",
    "gemma3n_text": "Gemma3nForCausalLM",
    "glm": "GlmForCausalLM",
    "glm4": "Glm4ForCausalLM",
    "gpt2": "GPT2LMHeadModel",
    "gpt_neox": "GPTNeoXForCausalLM",
    "gpt_oss": "GptOssForCausalLM",
    "granite": "GraniteForCausalLM",
    "helium": "HeliumForCausalLM",
    "hunyuan_v1_dense": "HunYuanDenseV1ForCausalLM",
    "llama": "LlamaForCausalLM",
    "ministral": "MinistralForCausalLM",
    "mistral": "MistralForCausalLM",
    "mixtral": "MixtralForCausalLM",
    "nemotron": "NemotronForCausalLM",
    "olmo": "OlmoForCausalLM",
    "olmo2": "Olmo2ForCausalLM",
    "olmo3": "Olmo3ForCausalLM",
    "olmoe": "OlmoeForCausalLM",
    "phi": "PhiForCausalLM",
    "phi3": "Phi3ForCausalLM",
    "qwen2": "Qwen2ForCausalLM",
    "qwen3": "Qwen3ForCausalLM",
    "qwen3_moe": "Qwen3MoeForCausalLM",
    "seed_oss": "SeedOssForCausalLM",
    "smollm3": "SmolLM3ForCausalLM",
    "stablelm": "StableLmForCausalLM",
    "starcoder2": "Starcoder2ForCausalLM",
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
# Settings that are numbers, not sizes: Qwen2.5-1M and Falcon 3 have bases of RoPE in the millions and beyond.
_NUMBERS = {"rope_theta", "rope_local_base_freq", "global_rope_theta", "local_rope_theta", "rotary_emb_base"}
_LARGEST_NUMBER = 1e12
_TOKENS = ("bos_token_id", "eos_token_id", "pad_token_id", "decoder_start_token_id", "sep_token_id")
_MOST_LAYERS = 512
_MASKS = re.compile(r"\.(attn|attention)\.(bias|masked_bias|rotary_emb\.inv_freq)$|\.rotary_emb\.inv_freq$")
# The output projection, which a tied network does not have as a tensor of its own.
HEAD = "lm_head.weight"


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
    _check_tokens(raw, where)
    known = {key for key in AutoConfig.for_model(family).to_dict() if not key.startswith("_")}
    chosen = {key: value for key, value in raw.items() if key in (known | _LEGACY) - _IGNORED}
    chosen.pop("model_type")
    _check_sizes(chosen, where)
    try:
        config: PretrainedConfig = AutoConfig.for_model(family, **chosen)
    except _FAULTS as error:
        raise GlaswerkError(f"{where} is not a valid config: {error}") from error
    _check_network(config, where)
    config.architectures = [MODEL_CLASSES[family]]
    return config


def expected_shapes(config: PretrainedConfig, where: str) -> dict[str, tuple[int, ...]]:
    """Name and shape of every tensor in a saved network of this config; allocates no memory for them.

    Names are those of files, which `transformers` turns into its own: it keeps all experts of a layer in one
    tensor. Raises GlaswerkError if no network can be built from the config.
    """
    try:
        with torch.device("meta"):
            model = AutoModelForCausalLM.from_config(config)
        saved = revert_weight_conversion(model, model.state_dict())
    except _FAULTS as error:
        raise GlaswerkError(f"{where} describes a network that cannot be built: {error}") from error
    shapes = {name: tuple(tensor.shape) for name, tensor in saved.items()}
    if config.tie_word_embeddings:
        shapes.pop(HEAD, None)
    return shapes


def known_names(
    found: Mapping[str, tuple[int, ...]], expected: Mapping[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Shapes by the names that `transformers` gives them when it loads a file: without the causal masks that
    GPT-2's and Pythia's files have, and with the prefix that GPT-2's lack."""
    prefixes = {name.partition(".")[0] + "." for name in expected if name != HEAD}
    prefix = prefixes.pop() if len(prefixes) == 1 else ""
    named = {}
    for name, shape in found.items():
        full = name if name in expected or prefix + name not in expected else prefix + name
        if full in expected or not _MASKS.search(name):
            named[full] = shape
    return named


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
        if key in _NUMBERS:
            _check_number(key, value, where)
        elif isinstance(value, int) and not -1 <= value <= limit:
            raise GlaswerkError(f"expected {key} up to {limit:,} in {where}, found {value:,}")
    for rope in _nested(config.get("rope_parameters") or config.get("rope_scaling")):
        if "rope_theta" in rope:
            _check_number("rope_theta", rope["rope_theta"], where)


def _nested(value: Any) -> Iterator[Mapping[str, Any]]:
    """A mapping and the mappings in it: settings of RoPE may differ by type of layer."""
    if isinstance(value, Mapping):
        yield value
        for part in value.values():
            yield from _nested(part)


def _check_number(key: str, value: Any, where: str) -> None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    if value is not None and not (known and 0 < value <= _LARGEST_NUMBER):
        raise GlaswerkError(f"expected a number above 0 up to 10¹² for {key} in {where}, found {value!r:.40}")


def _check_tokens(raw: Mapping[str, Any], where: str) -> None:
    """Raises GlaswerkError for the id of a special token that is no row of the vocabulary."""
    rows = raw.get("vocab_size")
    most = rows if isinstance(rows, int) else _MOST
    for key in _TOKENS:
        found = raw.get(key)
        for token in found if isinstance(found, list) else [] if found is None else [found]:
            if not isinstance(token, int) or isinstance(token, bool) or not 0 <= token < most:
                raise GlaswerkError(
                    f"expected a token id from 0 to {most - 1:,} for {key} in {where}, found {token!r:.40}",
                    hint=f"correct {key}, or remove it",
                )


def _check_network(config: PretrainedConfig, where: str) -> None:
    """Raises GlaswerkError for what the known keys hide under a family's own names for them."""
    _check_sizes({key: getattr(config, key, None) for key in ("num_hidden_layers", "hidden_size")}, where)
    if getattr(config, "use_bidirectional_attention", None):
        raise GlaswerkError(
            f"{where} describes an encoder (use_bidirectional_attention), which cannot generate text",
            hint="adopt a causal language model",
        )
