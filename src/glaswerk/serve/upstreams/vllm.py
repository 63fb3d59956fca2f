"""How vLLM is started for a model folder of the lab."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from glaswerk.core.errors import GlaswerkError

# The program, if it is not on the path: never from lab.toml, which may be a stranger's.
PROGRAM = "GLASWERK_VLLM"


def vllm_program() -> list[str]:
    """The words that start vLLM's server, before the model. Raises GlaswerkError if it is not installed."""
    if given := os.environ.get(PROGRAM, ""):
        return [given, "serve"]
    if found := shutil.which("vllm"):
        return [found, "serve"]
    if importlib.util.find_spec("vllm") is not None:
        return [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model"]
    raise GlaswerkError(
        f"expected the program vllm on the path or in the environment variable {PROGRAM}, found neither",
        hint="pip install vllm",
    )


def vllm_command(
    folder: Path, name: str, options: Mapping[str, str | int | float | bool], port: int
) -> Sequence[str]:
    """All words: the folder as it is, served as `name` to this machine alone."""
    words = [*vllm_program(), str(folder), "--served-model-name", name]
    words += ["--host", "127.0.0.1", "--port", str(port)]
    for key, value in options.items():
        if value is True:
            words.append(f"--{key}")
        elif value is False:
            words.append(f"--no-{key}")
        else:
            words += [f"--{key}", str(value)]
    return words
