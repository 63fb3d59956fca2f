"""Read an untrusted Hugging Face folder with bounds: config, safetensors, tokenizer. No code runs."""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

from glaswerk.core.artifact_files import (
    CHAT_TEMPLATE,
    GENERATION_CONFIG,
    MODEL_CONFIG,
    SENTENCEPIECE,
    TOKENIZER,
    TOKENIZER_CONFIG,
    WEIGHTS,
    WEIGHTS_INDEX,
)
from glaswerk.core.errors import GlaswerkError
from glaswerk.model.supported_models import (
    HEAD,
    check_shapes,
    expected_shapes,
    known_names,
    read_config,
)
from glaswerk.tokenizer.added_tokens import with_added_tokens
from glaswerk.tokenizer.from_gguf import TokenizerFiles
from glaswerk.tokenizer.sentencepiece_file import tokenizer_from_sentencepiece

_PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".h5", ".msgpack")
ADDED_TOKENS = "added_tokens.json"
_LARGEST_JSON = 64 << 20
_LARGEST_TOKENIZER = 256 << 20
_TYPES = ("F32", "F16", "BF16")
_EMBEDDINGS = ("embed_tokens.weight", "wte.weight", "embed_in.weight")
_HINT = "download the complete folder again"


class HubFolder:
    """A network in a Hugging Face folder, checked against its config.

    `weights`: names of the safetensors files; `places`: the file of each tensor; `shapes`: by tensor name.
    """

    def __init__(self, path: Path) -> None:
        """Raises GlaswerkError for pickles, custom code, truncated files, and tensors that do not fit."""
        self.path = path
        self.config = read_config(read_json_object(path / MODEL_CONFIG), str(path / MODEL_CONFIG))
        self.weights = self._weights()
        self.places: dict[str, str] = {}
        found = self._found()
        self.shapes = expected_shapes(self.config, str(path / MODEL_CONFIG))
        check_shapes(known_names(found, self.shapes), self.shapes, str(path))

    @property
    def files(self) -> list[str]:
        """Names of the files that adopting reads."""
        companions = (
            MODEL_CONFIG,
            GENERATION_CONFIG,
            TOKENIZER if (self.path / TOKENIZER).exists() else SENTENCEPIECE,
            TOKENIZER_CONFIG,
            ADDED_TOKENS,
            CHAT_TEMPLATE,
        )
        index = [WEIGHTS_INDEX] if (self.path / WEIGHTS_INDEX).exists() and len(self.weights) > 1 else []
        names = [name for name in (*companions, *index, *self.weights) if (self.path / name).exists()]
        for name in names:
            check_regular(self.path / name)
        return names

    def tokenizer(self) -> TokenizerFiles:
        """The tokenizer files; a `tokenizer.model` without `tokenizer.json` is converted.

        Raises GlaswerkError if both are missing, or if the tokenizer needs custom code.
        """
        config = self.path / TOKENIZER_CONFIG
        said = read_json_object(config) if config.exists() else {}
        if said.get("auto_map"):
            raise GlaswerkError(f"{config} requires custom code (auto_map), which is not supported")
        content, named = self._content(said)
        added = self.path / ADDED_TOKENS
        if named and added.exists() and "added_tokens_decoder" not in said:
            new = {str(i): {"content": token} for token, i in read_json_object(added).items()}
            said = {**said, "added_tokens_decoder": new}
        content = with_added_tokens(content, said, str(config if config.exists() else added))
        return TokenizerFiles(content, {**named, **said}, self._template(said))

    def _content(self, said: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
        """`tokenizer.json`, and the names of special tokens that only a `tokenizer.model` tells."""
        path, model = self.path / TOKENIZER, self.path / SENTENCEPIECE
        if path.exists():
            return read_text(path, _LARGEST_TOKENIZER), {}
        if model.exists():
            check_regular(model)
            if (size := model.stat().st_size) > _LARGEST_JSON:
                raise GlaswerkError(f"expected up to {_LARGEST_JSON:,} bytes in {model}, found {size:,}")
            return tokenizer_from_sentencepiece(model.read_bytes(), said, str(model))
        raise GlaswerkError(
            f"expected tokenizer.json or tokenizer.model in {self.path}, found neither",
            hint="save it there with transformers: AutoTokenizer.from_pretrained(…).save_pretrained(…)",
        )

    def tensor(self, name: str) -> torch.Tensor:
        """One tensor of the weights, in the dtype of the file."""
        with safe_open(self.path / self.places[name], "pt") as file:
            found: torch.Tensor = file.get_tensor(name)
        return found

    def generation(self) -> dict[str, Any]:
        """The content of `generation_config.json`; {} if the file is missing."""
        path = self.path / GENERATION_CONFIG
        return read_json_object(path) if path.exists() else {}

    def _template(self, said: Mapping[str, Any]) -> str:
        file = self.path / CHAT_TEMPLATE
        if file.exists():
            return read_text(file, _LARGEST_JSON)
        found = said.get("chat_template")
        if isinstance(found, list):
            named = {entry.get("name"): entry.get("template") for entry in found if isinstance(entry, dict)}
            found = named.get("default")
        return found if isinstance(found, str) else ""

    def _weights(self) -> list[str]:
        if (self.path / WEIGHTS).exists():
            check_regular(self.path / WEIGHTS)
            return [WEIGHTS]
        if (self.path / WEIGHTS_INDEX).exists():
            return self._indexed()
        pickles = [file.name for file in sorted(self.path.iterdir()) if file.suffix in _PICKLES]
        found = (
            f"found {', '.join(pickles[:3])}, and reading a pickle can run code" if pickles else "found none"
        )
        raise GlaswerkError(
            f"expected safetensors in {self.path}, {found}",
            hint="save it with transformers: model.save_pretrained(…, safe_serialization=True)",
        )

    def _indexed(self) -> list[str]:
        index = self.path / WEIGHTS_INDEX
        shards = read_json_object(index).get("weight_map")
        names = (
            sorted(set(shards.values()))
            if isinstance(shards, dict) and all(isinstance(name, str) for name in shards.values())
            else []
        )
        for name in names:
            if Path(name).name != name or not name.endswith(".safetensors"):
                raise GlaswerkError(f"expected file names without a folder in {index}, found {name!r}")
            if not (self.path / name).is_file():
                raise GlaswerkError(f"{index} names {name!r}, which is missing", hint=_HINT)
            check_regular(self.path / name)
        if not names:
            raise GlaswerkError(f"expected weight files in {index}, found none", hint=_HINT)
        return names

    def _found(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = {}
        for name in self.weights:
            found = _shapes(self.path / name)
            self.places |= dict.fromkeys(found, name)
            shapes |= found
        if self.config.tie_word_embeddings and HEAD in shapes:
            if self._is_copy(shapes):
                # Some files store the tied matrix twice; the second copy is ignored.
                shapes.pop(HEAD)
            else:
                # transformers then runs the head of the file, whatever the flag says.
                self.config.tie_word_embeddings = False
        return shapes

    def _is_copy(self, shapes: Mapping[str, tuple[int, ...]]) -> bool:
        """Whether the output projection is a copy of the input embeddings."""
        names = [name for name in shapes if name.endswith(_EMBEDDINGS)]
        return len(names) == 1 and torch.equal(self.tensor(HEAD), self.tensor(names[0]))


def read_json_object(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises GlaswerkError if it is missing, too large or not an object."""
    try:
        found = json.loads(read_text(path, _LARGEST_JSON), parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError) as error:
        raise GlaswerkError(f"{path} is not JSON: {error}", hint=_HINT) from error
    if not isinstance(found, dict):
        raise GlaswerkError(f"expected a JSON object in {path}, found a {type(found).__name__}")
    return found


def read_text(path: Path, limit: int) -> str:
    """The text of a regular UTF-8 file of at most `limit` bytes. Raises GlaswerkError for any other."""
    try:
        check_regular(path)
        if (size := path.stat().st_size) > limit:
            raise GlaswerkError(f"expected up to {limit:,} bytes in {path}, found {size:,}")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise GlaswerkError(f"{path} is missing", hint=_HINT) from error
    except UnicodeDecodeError as error:
        raise GlaswerkError(f"{path} is not UTF-8 text: {error}") from error


def check_regular(path: Path) -> None:
    """Raises GlaswerkError for a pipe, device or folder: their size does not limit what a read returns.

    Also for a link, which may lead to any file of this machine, except one from a snapshot of Hugging Face's
    cache to the blobs beside it.
    """
    if path.is_symlink() and not is_cached(path):
        raise GlaswerkError(
            f"expected a file at {path}, found a link to {str(path.readlink())!r}: no link is followed",
            hint=f"cp -L {path} COPY, if that file belongs to the model; then use COPY instead of the link",
        )
    if not stat.S_ISREG(path.stat().st_mode):
        raise GlaswerkError(f"{path} is not a regular file", hint=_HINT)


def is_cached(path: Path) -> bool:
    """Whether the link leads from `snapshots/REVISION/` to a file in `blobs/`, as in Hugging Face's cache."""
    folder = path.parent.resolve()
    blobs = folder.parent.parent / "blobs"
    target = path.parent / path.readlink()
    direct = not blobs.is_symlink() and not target.is_symlink()
    return folder.parent.name == "snapshots" and direct and target.resolve().parent == blobs


def _finite(number: str) -> float:
    """Raises ValueError for Infinity and NaN, which JSON has not, and for numbers beyond all floats."""
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(f"expected finite numbers, found {number:.40}")
    return value


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        with safe_open(path, "pt") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118 -- no mapping
            odd = sorted({part.get_dtype() for part in slices.values()} - set(_TYPES))
            if odd:
                raise GlaswerkError(f"expected tensors of type {', '.join(_TYPES)} in {path}, found {odd[0]}")
            return {name: tuple(part.get_shape()) for name, part in slices.items()}
    except (SafetensorError, ValueError) as error:
        raise GlaswerkError(f"{path} is not a complete safetensors file: {error}", hint=_HINT) from error
