"""A lab of three small artifacts, made without the stages that would take seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glaswerk.lab import Artifact, Lab, Spec


@pytest.fixture
def make(empty_lab: Lab) -> Callable[..., Artifact]:
    """`make(kind, name, inputs, **config)`: an artifact of two files, one of them in a folder."""

    def made(kind: Any, name: str, inputs: dict[str, str] | None = None, **config: Any) -> Artifact:
        def write(folder: Path) -> dict[str, Any]:
            (folder / "part").mkdir()
            (folder / "part" / "0.bin").write_bytes(b"\0" * 100)
            (folder / "words.txt").write_text(f"{kind} {config}")
            return {"tokens": 3, "loss": 0.125}

        return empty_lab.make(Spec(kind, name, f"{kind}/1", inputs or {}, config), write)

    return made


@pytest.fixture
def model(make: Callable[..., Artifact]) -> Artifact:
    """A model over shards over a corpus."""
    corpus = make("corpus", "main")
    shards = make("shards", "main.main", {"corpus": corpus.id})
    return make("model", "base/step-1", {"shards": shards.id}, rate=0.1)
