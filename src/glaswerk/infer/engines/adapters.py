"""Low-rank adapters over shared weights: each row of a pass may have its own.

`peft` puts adapters into the modules themselves, so that a pass of another thread (vectors, log-probabilities
of prompts) would get those of the batch that runs beside it. Here the modules stay as they are; a hook adds
an adapter's part to their outputs, for the passes of one thread that ask for it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import linear
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PREFIX = "base_model.model."
# What `model/lora.py` writes; anything beside it would change the output in ways that are not applied here.
_PLAIN: dict[str, Any] = {"peft_type": "LORA", "bias": "none"}


@dataclass(frozen=True, slots=True)
class _Pair:
    """down: (rank, inputs); up: (outputs, rank), with the adapter's scale."""

    down: Tensor
    up: Tensor

    def of(self, inputs: Tensor) -> Tensor:
        return linear(linear(inputs, self.down), self.up)


# (adapter, its rows), None for all rows.
_Group = tuple[str, Tensor | None]


class Adapters:
    """The adapters of one model, by name; "" is none. `applied` is of the thread that calls it."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._modules = dict(model.named_modules())
        self._pairs: dict[str, dict[str, _Pair]] = {}
        self._now = threading.local()

    def add(self, name: str, folder: Path) -> None:
        """Read an adapter that `glaswerk tune --lora` wrote. Raises GlaswerkError for one that is none."""
        pairs = self._read(folder)
        for path in pairs.keys() - self._pairs.keys():
            self._pairs[path] = {}
            self._modules[path].register_forward_hook(self._hook(self._pairs[path]))
        for path, pair in pairs.items():
            self._pairs[path][name] = pair

    def remove(self, name: str) -> None:
        """Forget an adapter; no row may use it."""
        for pairs in self._pairs.values():
            pairs.pop(name, None)

    @contextmanager
    def applied(self, names: Sequence[str]) -> Iterator[None]:
        """For passes of this thread inside of the block; one name a row, or a single one for all rows."""
        self._now.groups, self._now.rows = _groups(names), len(names)
        try:
            yield
        finally:
            self._now.groups = ()

    def _hook(self, pairs: dict[str, _Pair]) -> Any:
        def add_parts(_: Any, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
            for name, rows in getattr(self._now, "groups", ()):
                pair = pairs.get(name)
                if pair is None:
                    continue
                if rows is None:
                    output = output + pair.of(inputs[0])
                elif len(inputs[0]) == self._now.rows:
                    output = output.index_add(0, rows, pair.of(inputs[0][rows]))
                else:
                    raise GlaswerkError(
                        "a layer of this model mixes the rows of a pass", hint="glaswerk serve"
                    )
            return output

        return add_parts

    def _read(self, folder: Path) -> dict[str, _Pair]:
        try:
            config = json.loads((folder / CONFIG).read_text())
            tensors = load_file(folder / WEIGHTS)
            scale = config["lora_alpha"] / config["r"]
            plain = all(config.get(key) == value for key, value in _PLAIN.items())
        except (OSError, ValueError, KeyError, TypeError, ZeroDivisionError, SafetensorError) as error:
            raise _no_adapter(folder, str(error)) from error
        if not plain or any(config.get(key) for key in ("use_dora", "use_rslora", "rank_pattern")):
            raise _no_adapter(folder, "it is of a kind that glaswerk tune does not write")
        paths = {name.removeprefix(_PREFIX).rpartition(".lora_")[0] for name in tensors}
        if not paths or paths - self._modules.keys() or len(tensors) != 2 * len(paths):
            raise _no_adapter(folder, "its layers are not those of the base model")
        return {path: self._pair(folder, path, tensors, scale) for path in paths}

    def _pair(self, folder: Path, path: str, tensors: dict[str, Tensor], scale: float) -> _Pair:
        weight = self._modules[path].get_parameter("weight")
        down = tensors.get(f"{_PREFIX}{path}.lora_A.weight")
        up = tensors.get(f"{_PREFIX}{path}.lora_B.weight")
        if down is None or up is None or {up.shape[0], down.shape[1]} != set(weight.shape):
            raise _no_adapter(folder, f"its layer {path} does not fit the base model's")
        return _Pair(down.to(weight), up.to(weight) * scale)


def _groups(names: Sequence[str]) -> Sequence[_Group]:
    kinds = list(dict.fromkeys(names))
    if len(kinds) == 1:
        return [(kinds[0], None)] if kinds[0] else []
    return [
        (kind, torch.tensor([i for i, name in enumerate(names) if name == kind])) for kind in kinds if kind
    ]


def _no_adapter(folder: Path, why: str) -> GlaswerkError:
    return GlaswerkError(
        f"cannot use the adapter in {folder}: {' '.join(why.split())[:200]}", hint="glaswerk verify --all"
    )
