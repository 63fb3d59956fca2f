"""What a model folder needs beside its weights."""

from __future__ import annotations

import shutil
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab

_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def copy_tokenizer(source: Path, folder: Path) -> None:
    """Put the tokenizer and chat template into a model folder."""
    for name in _FILES:
        shutil.copyfile(source / name, folder / name)


def tokenizer_of(lab: Lab, shards: Artifact) -> Path:
    """Folder of the tokenizer that packed these shards."""
    for candidate in lab.all("tokenizer"):
        if candidate.id == shards.inputs["tokenizer"]:
            return candidate.path
    raise GlaswerkError(
        f"the tokenizer of the shards {shards.name} was replaced since they were packed", hint="glaswerk pack"
    )


def shards_of(lab: Lab, model: Artifact) -> Artifact:
    """The shards that a model was trained on."""
    for candidate in lab.all("shards"):
        if candidate.id == model.inputs.get("shards"):
            return candidate
    raise GlaswerkError(
        f"the shards that {model.name} was trained on are no longer in the lab", hint="glaswerk train"
    )
