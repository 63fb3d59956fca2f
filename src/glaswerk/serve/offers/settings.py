"""The keys `memory` and `delete` of [serve] and the tables [serve.models.NAME] of lab.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.engine_settings import EngineSettings

_HINT = "fix that line in lab.toml, or delete it: every setting has a default"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(k|M|G|T|Ki|Mi|Gi|Ti)?B", re.IGNORECASE)
_CHOICES = {"engine": ("auto", "torch", "openvino", "vllm"), "weights": ("f32", "int8", "int4")}
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
# Options of `vllm serve` that set how it runs, and none that runs code or reads files: a lab may be a
# stranger's.
VLLM_OPTIONS = frozenset(
    {
        "max-model-len",
        "max-num-seqs",
        "max-num-batched-tokens",
        "gpu-memory-utilization",
        "dtype",
        "block-size",
    }
    | {
        "tensor-parallel-size",
        "pipeline-parallel-size",
        "data-parallel-size",
        "quantization",
        "kv-cache-dtype",
    }
    | {"kv-cache-memory-bytes", "cpu-offload-gb", "enforce-eager", "enable-prefix-caching", "seed"}
    # Without it, newer versions end at once, in the middle of their answers.
    | {"shutdown-timeout"}
)


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """How one model is served. `model`: the artifact, "chat" (its newest) or "chat/step-60" (this one).

    `engine` is one of `EngineSettings` or "vllm"; `options` are those of vLLM. `ground`: whether its answers
    rest on documents; None for what [serve.ground] says.
    """

    name: str
    model: str
    engine: str = "auto"
    weights: str = "f32"
    options: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    ground: bool | None = None


@dataclass(frozen=True, slots=True)
class OfferSettings:
    """`memory`: bytes for weights, keys and values of loaded models; 0 takes a share of the machine's.

    `delete`: whether DELETE /v1/models/ID removes the model from the lab. `models`: by name.
    """

    memory: int = 0
    delete: bool = False
    models: Mapping[str, ModelSettings] = field(default_factory=dict)

    @classmethod
    def of(cls, lab: Lab) -> OfferSettings:
        """The settings of a lab. Raises GlaswerkError for a value that is none."""
        table = lab.settings.get("serve", {})
        table = table if isinstance(table, Mapping) else {}
        models, delete = table.get("models", {}), table.get("delete", False)
        if not isinstance(models, Mapping):
            raise _wrong("models", "tables such as [serve.models.chat]", models)
        if not isinstance(delete, bool):
            raise _wrong("delete", "true or false", delete)
        both = EngineSettings.of(lab)
        found = {name: _model(name, one, both) for name, one in models.items()}
        return cls(size_of(table.get("memory", 0)), delete, found)

    def model(self, lab: Lab, name: str, model: str = "") -> ModelSettings:
        """The settings of a model; without a table of its own, those of [serve]."""
        both = EngineSettings.of(lab)
        return self.models.get(name) or ModelSettings(name, model or name, both.engine, both.weights)


def size_of(value: Any) -> int:
    """Bytes of `[serve] memory`: a whole number, or a text such as "8 GB" or "512 MiB"."""
    if type(value) is int and 0 <= value < 1 << 60:
        return value
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) and len(value) < 40 else None
    if match is None:
        raise _wrong("memory", 'bytes or a text such as "8 GB"', value)
    unit = (match[2] or "").lower()
    bytes_ = int(float(match[1]) * (1024 if unit.endswith("i") else 1000) ** _POWERS[unit[:1]])
    if not 0 < bytes_ < 1 << 60:
        raise _wrong("memory", 'bytes or a text such as "8 GB"', value)
    return bytes_


def _model(name: str, table: Any, both: EngineSettings) -> ModelSettings:
    if not _NAME.fullmatch(name):
        raise _wrong("models", "names of letters, digits, '-', '_' and '.'", name)
    where, known = f"models.{name}", {"model", "engine", "weights", "vllm", "ground"}
    if not isinstance(table, Mapping) or table.keys() - known:
        raise _wrong(where, "a table with model, engine, weights, vllm and ground", table)
    texts = {key: table[key] for key in ("model", "engine", "weights") if key in table}
    for key, value in texts.items():
        choices = _CHOICES.get(key, ())
        if not isinstance(value, str) or not value or (choices and value not in choices):
            raise _wrong(f"{where}.{key}", f"one of {', '.join(choices)}" if choices else "a text", value)
    engine = texts.get("engine", both.engine)
    options = _options(f"{where}.vllm", table.get("vllm", {}))
    if options and engine != "vllm":
        raise _wrong(f"{where}.engine", '"vllm", where options of vLLM are given', engine)
    ground = table.get("ground")
    if not isinstance(ground, bool | None):
        raise _wrong(f"{where}.ground", "true or false", ground)
    weights = texts.get("weights", both.weights)
    return ModelSettings(name, texts.get("model", name), engine, weights, options, ground)


def _options(where: str, table: Any) -> dict[str, str | int | float | bool]:
    if not isinstance(table, Mapping):
        raise _wrong(where, "a table such as { max-model-len = 4096 }", table)
    if unknown := table.keys() - VLLM_OPTIONS:
        raise _wrong(where, f"some of {', '.join(sorted(VLLM_OPTIONS))}", ", ".join(sorted(unknown)))
    for key, value in table.items():
        # A text that begins with a dash would be an option of its own.
        plain = isinstance(value, bool | int | float) or re.fullmatch(r"[A-Za-z0-9_.]{1,40}", str(value))
        if isinstance(value, Mapping | list) or not plain:
            raise _wrong(f"{where}.{key}", "a number, a flag or a word", value)
    return dict(table)


def _wrong(where: str, expected: str, found: Any) -> GlaswerkError:
    return GlaswerkError(
        f"expected [serve] {where} of lab.toml to be {expected}, found {str(found)!r:.80}", hint=_HINT
    )
