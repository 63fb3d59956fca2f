"""Read a GGUF file as a Hugging Face network: its config, and its tensors by Hugging Face name."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import gguf
import numpy as np
import torch
from transformers import PretrainedConfig

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.gguf_file import GgufFile
from glaswerk.model.gguf_limits import GEMMA_LOCAL_BASE, gemma_scalar
from glaswerk.model.supported_models import check_shapes, expected_shapes, read_config

# GGUF's name of a network type → Hugging Face's model_type.
GGUF_ARCHITECTURES = {"llama": "llama", "qwen2": "qwen2", "qwen3": "qwen3", "gemma3": "gemma3_text"}
_SIZES = {
    "hidden_size": "embedding_length",
    "num_hidden_layers": "block_count",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "max_position_embeddings": "context_length",
}
# RoPE scaling of Llama 3.1 and 3.2; a GGUF file has only the resulting factors.
_LLAMA3 = {"low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
_FACTORS = (8.0, 32.0)
_FP32 = np.finfo(np.float32)
# What llama.cpp keeps in another order of rows for a Llama: see `rotated`.
ROTATED = re.compile(r"\.[qk]_proj\.(weight|bias)$")
EMBEDDING, _OUTPUT, FREQUENCIES = "token_embd.weight", "output.weight", "rope_freqs.weight"


class GgufModel:
    """A network in a GGUF file, checked against the tensors that its config calls for.

    `config`: as Hugging Face has it; `shapes`: of every tensor by Hugging Face name.
    """

    def __init__(self, file: GgufFile) -> None:
        """Raises GlaswerkError for an unsupported architecture, and for missing or misshapen tensors."""
        self.file = file
        if file.architecture not in GGUF_ARCHITECTURES:
            raise GlaswerkError(
                f"expected a network of type {', '.join(GGUF_ARCHITECTURES)} in {file.path}, "
                f"found {file.architecture!r}",
                hint="adopt a model of one of these families",
            )
        self.config = _config(file)
        self.shapes = expected_shapes(self.config, str(file.path))
        names = gguf.get_tensor_name_map(_model_arch(file), self.config.num_hidden_layers)
        self._names = {name: _gguf_name(names, name) for name in self.shapes}
        self._check()

    @property
    def quantised(self) -> str:
        """The type of most of its weights, such as "Q4_1"."""
        counts: dict[str, int] = {}
        for tensor in self.file.tensors.values():
            counts[tensor.kind.name] = counts.get(tensor.kind.name, 0) + math.prod(tensor.shape)
        return max(counts, key=lambda name: counts[name])

    def bytes_of(self, name: str) -> int:
        """Size in bytes of what `tensor` returns."""
        return math.prod(self.shapes[name]) * self.file.dtype(self._names[name]).itemsize

    def tensor(self, name: str) -> torch.Tensor:
        """A tensor by its Hugging Face name, in Hugging Face's row order and without GGUF's offset."""
        found = self.file.tensor(self._names[name])
        if self.config.model_type == "llama" and ROTATED.search(name):
            heads = "num_attention_heads" if "q_proj" in name else "num_key_value_heads"
            return unrotated(found, getattr(self.config, heads))
        if self.config.model_type == "gemma3_text" and name.endswith("norm.weight"):
            return found - 1
        return found

    def _check(self) -> None:
        found = {
            name: self.file.tensors[own].shape
            for name, own in self._names.items()
            if own in self.file.tensors
        }
        left = self.file.tensors.keys() - set(self._names.values()) - {FREQUENCIES}
        check_shapes(found | {name: () for name in left}, self.shapes, str(self.file.path))


def unrotated(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Query or key rows or biases in Hugging Face's order (halves of a head), from llama.cpp's (pairs)."""
    rows = weight.reshape(heads, -1, 2, *weight.shape[1:])
    return rows.transpose(1, 2).reshape(weight.shape).contiguous()


def rotated(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Query or key rows in llama.cpp's order: the inverse of `unrotated`."""
    rows = weight.reshape(heads, 2, -1, *weight.shape[1:])
    return rows.transpose(1, 2).reshape(weight.shape).contiguous()


def _config(file: GgufFile) -> PretrainedConfig:
    prefix = file.architecture
    raw: dict[str, Any] = {name: file.whole(f"{prefix}.{key}") for name, key in _SIZES.items()}
    heads = raw["num_attention_heads"]
    if heads > raw["hidden_size"] or EMBEDDING not in file.tensors:
        raise GlaswerkError(
            f"{file.path} is not a complete model: it has {heads} heads, or lacks {EMBEDDING}"
        )
    raw |= {
        "model_type": GGUF_ARCHITECTURES[prefix],
        "vocab_size": file.tensors[EMBEDDING].shape[0],
        "num_key_value_heads": _whole(file, "attention.head_count_kv", heads),
        "head_dim": _whole(
            file,
            "attention.key_length",
            _whole(file, "rope.dimension_count", raw["hidden_size"] // heads),
        ),
        "rms_norm_eps": _positive(file, f"{prefix}.attention.layer_norm_rms_epsilon"),
        "tie_word_embeddings": _OUTPUT not in file.tensors,
        "bos_token_id": file.metadata.get("tokenizer.ggml.bos_token_id"),
        "eos_token_id": file.metadata.get("tokenizer.ggml.eos_token_id"),
    }
    raw["rope_parameters"] = _rope(file, raw["head_dim"])
    if prefix == "llama":
        raw["attention_bias"] = "blk.0.attn_q.bias" in file.tensors
        raw["mlp_bias"] = "blk.0.ffn_gate.bias" in file.tensors
    return read_config(raw | (_gemma(file, raw) if prefix == "gemma3" else {}), str(file.path))


def _gemma(file: GgufFile, raw: Mapping[str, Any]) -> dict[str, Any]:
    local = {"rope_type": "default", "rope_theta": GEMMA_LOCAL_BASE}
    sizes = (raw[key] for key in ("num_hidden_layers", "hidden_size", "num_attention_heads", "head_dim"))
    return {
        "query_pre_attn_scalar": gemma_scalar(*sizes),
        "sliding_window": file.whole("gemma3.attention.sliding_window"),
        "rope_parameters": {"full_attention": raw["rope_parameters"], "sliding_attention": local},
    }


def _rope(file: GgufFile, head: int) -> dict[str, Any]:
    prefix = file.architecture
    base = f"{prefix}.rope.freq_base"
    theta = _positive(file, base) if base in file.metadata else 10_000.0
    kind = file.text(f"{prefix}.rope.scaling.type") or "none"
    if FREQUENCIES in file.tensors:
        return {"rope_theta": theta, **_llama3(file.tensor(FREQUENCIES), theta, head)}
    if kind == "none":
        return {"rope_type": "default", "rope_theta": theta}
    if kind != "linear":
        raise GlaswerkError(
            f"expected RoPE scaling of type none or linear in {file.path}, found {kind!r}",
            hint="adopt the model's Hugging Face folder instead",
        )
    factor = _positive(file, f"{prefix}.rope.scaling.factor")
    return {"rope_type": "linear", "rope_theta": theta, "factor": factor}


def _llama3(factors: torch.Tensor, theta: float, head: int) -> dict[str, Any]:
    for factor in _FACTORS:
        rope = {"rope_type": "llama3", "factor": factor, **_LLAMA3}
        expected = llama3_factors(theta, head, rope)
        if factors.shape == expected.shape and np.allclose(factors.float().numpy(), expected, rtol=1e-3):
            return rope
    raise GlaswerkError(
        "expected the RoPE factors of Llama 3.1 or 3.2 in rope_freqs, found others",
        hint="adopt the model's Hugging Face folder instead",
    )


def llama3_factors(theta: float, head: int, rope: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Llama 3's divisor of each RoPE frequency, shape (head / 2,); as in convert_hf_to_gguf.py."""
    factor, low, high, context = (rope[key] for key in ("factor", *_LLAMA3))
    frequencies = theta ** -(np.arange(0, head, 2) / head)
    waves = 2 * math.pi / frequencies
    smooth = (context / waves - low) / (high - low)
    middle = 1 / ((1 - smooth) / factor + smooth)
    return np.where(waves < context / high, 1.0, np.where(waves > context / low, factor, middle))


def _model_arch(file: GgufFile) -> gguf.MODEL_ARCH:
    return next(arch for arch, name in gguf.MODEL_ARCH_NAMES.items() if name == file.architecture)


def _gguf_name(names: gguf.TensorNameMap, name: str) -> str:
    found = names.get_name(name, try_suffixes=(".weight", ".bias"))
    # A tensor without a GGUF name is missing from the file, which the shape check reports.
    return found or name


def _whole(file: GgufFile, key: str, default: int) -> int:
    name = f"{file.architecture}.{key}"
    return file.whole(name) if name in file.metadata else default


def _positive(file: GgufFile, key: str) -> float:
    """A positive number in the range of fp32. Raises GlaswerkError for any other value."""
    found = file.number(key)
    if not float(_FP32.tiny) <= found <= float(_FP32.max):
        raise GlaswerkError(f"expected a number above 0 for {key} in {file.path}, found {found!r}")
    return _short(found)


def _short(value: float) -> float:
    """The shortest decimal with the same fp32 bits: 1e-05, not 9.999999747378752e-06."""
    return float(str(np.float32(value)))


def tensor_groups(model: GgufModel, most: int) -> Iterator[list[str]]:
    """Tensor names in groups of at most `most` bytes; a tensor larger than that is a group by itself."""
    group: list[str] = []
    size = 0
    for name in model.shapes:
        if group and size + model.bytes_of(name) > most:
            yield group
            group, size = [], 0
        group.append(name)
        size += model.bytes_of(name)
    yield group
