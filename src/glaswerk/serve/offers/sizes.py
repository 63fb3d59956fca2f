"""How much memory a model needs before it is loaded: from the heads of its files, which are small."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from transformers import AutoConfig

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.offers.settings import ModelSettings

# Bounds of the engines for keys and values of one model.
_KEYS = {"torch": 4 << 30, "openvino": 2 << 30}
_BYTES = {"f32": 4.0, "int8": 1.1, "int4": 0.7}
# What of the machine's memory loaded models may take without a setting.
SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Need:
    """Bytes that a model takes: its weights as they are in memory, and at most its keys and values."""

    weights: int
    keys: int

    @property
    def bytes(self) -> int:
        """Both together."""
        return self.weights + self.keys


def need_of(folder: Path, settings: ModelSettings, *, slots: int, bound: int) -> Need:
    """What a model folder needs in memory, for `slots` answers at once.

    Keys and values get up to a quarter of `bound`, but a whole context always. Raises GlaswerkError for a
    folder without a model.
    """
    parameters, (each, context) = parameters_of(folder), _cache_of(folder)
    fast = settings.engine != "torch" and importlib.util.find_spec("openvino") is not None
    # OpenVINO has weights of its own; those of torch stay for vectors and log-probabilities of prompts.
    weights = 4 * parameters + (int(_BYTES.get(settings.weights, 4) * parameters) if fast else 0)
    most = min(_KEYS["openvino" if fast else "torch"], slots * context * each, bound // 4)
    return Need(weights, max(context * each, most))


def parameters_of(folder: Path) -> int:
    """The number of parameters in the safetensors files of a folder."""
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise _no_model(folder, "no *.safetensors in it")
    try:
        return sum(_parameters(file) for file in files)
    except (OSError, SafetensorError) as error:
        raise _no_model(folder, str(error)) from error


def _parameters(file: Path) -> int:
    total = 0
    with safe_open(file, framework="np") as tensors:
        for name in tensors.keys():  # noqa: SIM118  # no mapping
            size = 1
            for length in tensors.get_slice(name).get_shape():
                size *= length
            total += size
    return total


def _cache_of(folder: Path) -> tuple[int, int]:
    """(bytes of keys and values for a token, tokens of a context); zeros for a family without them."""
    try:
        config: Any = AutoConfig.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        ).get_text_config()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _no_model(folder, str(error)) from error
    layers, heads = _count(config, "num_hidden_layers"), _count(config, "num_attention_heads")
    width = _count(config, "head_dim") or _count(config, "hidden_size") // max(1, heads)
    keys = 2 * 4 * layers * (_count(config, "num_key_value_heads") or heads) * width
    return keys, _count(config, "max_position_embeddings")


def _count(config: Any, name: str) -> int:
    found = getattr(config, name, None)
    return found if isinstance(found, int) else 0


def _no_model(folder: Path, why: str) -> GlaswerkError:
    return GlaswerkError(
        f"cannot load a model from {folder}: {' '.join(why.split())[:200]}",
        hint="glaswerk verify --all names what is damaged",
    )


def machine_memory() -> int:
    """Bytes that this process may use: of the machine, or of its control group if that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    except (OSError, ValueError):  # no control group, or "max"
        return total
