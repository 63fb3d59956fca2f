"""A Hugging Face folder from elsewhere, read with bounds: config, safetensors, tokenizer. Nothing runs."""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from glaswerk.core.errors import GlaswerkError
from glaswerk.model.supported_models import check_shapes, expected_shapes, read_config
from glaswerk.tokenizer.from_gguf import TokenizerFiles

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
_LARGEST_JSON = 64 << 20
_LARGEST_TOKENIZER = 256 << 20
_TYPES = ("F32", "F16", "BF16")
_HINT = "fetch the folder again, whole"


class HubFolder:
    """A network in a Hugging Face folder, checked against what its config says it holds.

    `places`: the file that each tensor is in.
    """

    def __init__(self, path: Path) -> None:
        """Raises GlaswerkError for pickles, code of its own, files cut short, and tensors that do not fit."""
        self.path = path
        self.config = read_config(read_object(path / "config.json"), str(path / "config.json"))
        self.weights = self._weights()
        self.places: dict[str, str] = {}
        self.shapes = expected_shapes(self.config, str(path / "config.json"))
        check_shapes(self._found(), self.shapes, str(path))

    @property
    def files(self) -> list[str]:
        """What is taken from the folder, by name."""
        companions = (
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "chat_template.jinja",
        )
        index = [INDEX] if (self.path / INDEX).exists() and len(self.weights) > 1 else []
        names = [name for name in (*companions, *index, *self.weights) if (self.path / name).exists()]
        for name in names:
            _check_regular(self.path / name)
        return names

    def tokenizer(self) -> TokenizerFiles:
        """The tokenizer's files. Raises GlaswerkError where there is no `tokenizer.json`."""
        path = self.path / "tokenizer.json"
        if not path.exists():
            raise GlaswerkError(
                f"{self.path} holds no tokenizer.json",
                hint="save it there with transformers: AutoTokenizer.from_pretrained(…).save_pretrained(…)",
            )
        config = self.path / "tokenizer_config.json"
        said = read_object(config) if config.exists() else {}
        if said.get("auto_map"):
            raise GlaswerkError(f"{config} asks for code of its own (auto_map), which is not run here")
        return TokenizerFiles(read_text(path, _LARGEST_TOKENIZER), said, self._template(said))

    def tensor(self, name: str) -> torch.Tensor:
        """One tensor of the weights, in the type that the file has it in."""
        with safe_open(self.path / self.places[name], "pt") as file:
            found: torch.Tensor = file.get_tensor(name)
        return found

    def generation(self) -> dict[str, Any]:
        """What `generation_config.json` says, {} where there is none."""
        path = self.path / "generation_config.json"
        return read_object(path) if path.exists() else {}

    def _template(self, said: Mapping[str, Any]) -> str:
        file = self.path / "chat_template.jinja"
        if file.exists():
            return read_text(file, _LARGEST_JSON)
        found = said.get("chat_template")
        if isinstance(found, list):
            named = {entry.get("name"): entry.get("template") for entry in found if isinstance(entry, dict)}
            found = named.get("default")
        return found if isinstance(found, str) else ""

    def _weights(self) -> list[str]:
        if (self.path / SINGLE).exists():
            _check_regular(self.path / SINGLE)
            return [SINGLE]
        if (self.path / INDEX).exists():
            return self._indexed()
        pickles = [file.name for file in sorted(self.path.iterdir()) if file.suffix in _PICKLES]
        found = f"found {', '.join(pickles[:3])}, which may run code when read" if pickles else "found none"
        raise GlaswerkError(
            f"{self.path} holds no safetensors; {found}",
            hint="save it with transformers: model.save_pretrained(…, safe_serialization=True)",
        )

    def _indexed(self) -> list[str]:
        shards = read_object(self.path / INDEX).get("weight_map")
        names = (
            sorted(set(shards.values()))
            if isinstance(shards, dict) and all(isinstance(name, str) for name in shards.values())
            else []
        )
        for name in names:
            if Path(name).name != name or not name.endswith(".safetensors"):
                raise GlaswerkError(
                    f"{self.path / INDEX} names {name!r}; expected a file of the folder itself"
                )
            if not (self.path / name).is_file():
                raise GlaswerkError(f"{self.path / INDEX} names {name!r}, which is absent", hint=_HINT)
        if not names:
            raise GlaswerkError(f"{self.path / INDEX} names no file of weights", hint=_HINT)
        return names

    def _found(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for name in self.weights:
            found = _shapes(self.path / name)
            self.places |= dict.fromkeys(found, name)
            shapes |= found
        if self.config.tie_word_embeddings:
            # Some files hold the tied matrix twice; the second is not read.
            shapes.pop("lm_head.weight", None)
        return shapes


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object. Raises GlaswerkError where it is absent, too large or something else."""
    try:
        found = json.loads(read_text(path, _LARGEST_JSON))
    except (ValueError, RecursionError) as error:
        raise GlaswerkError(f"{path} is not JSON: {error}", hint=_HINT) from error
    if not isinstance(found, dict):
        raise GlaswerkError(f"expected an object in {path}, found a {type(found).__name__}")
    return found


def read_text(path: Path, limit: int) -> str:
    """A regular UTF-8 file of at most `limit` bytes. Raises GlaswerkError."""
    try:
        _check_regular(path)
        if (size := path.stat().st_size) > limit:
            raise GlaswerkError(f"{path} has {size:,} bytes; this reads up to {limit:,}")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise GlaswerkError(f"{path} is missing", hint=_HINT) from error
    except UnicodeDecodeError as error:
        raise GlaswerkError(f"{path} is not UTF-8 text: {error}") from error


def _check_regular(path: Path) -> None:
    """Raises GlaswerkError for a pipe, a device or a folder: their size does not say how much comes out."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise GlaswerkError(f"{path} is no regular file", hint=_HINT)


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        with safe_open(path, "pt") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
            odd = sorted({part.get_dtype() for part in slices.values()} - set(_TYPES))
            if odd:
                raise GlaswerkError(
                    f"{path} holds tensors of the type {odd[0]}; expected {', '.join(_TYPES)}"
                )
            return {name: tuple(part.get_shape()) for name, part in slices.items()}
    except (SafetensorError, ValueError) as error:
        raise GlaswerkError(f"{path} is not a whole safetensors file: {error}", hint=_HINT) from error
