"""Resumable checkpoints: safetensors and JSON in one folder, swapped in whole."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from glaswerk.core.files import fsync_path, write_json
from glaswerk.train.optimizer import load_state_tensors, state_tensors


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run has come: steps done, the seconds that they took, the precision of their products."""

    step: int = 0
    seconds: float = 0.0
    precision: str = ""


def write(folder: Path, model: nn.Module, optimizers: list[Optimizer], progress: Progress) -> None:
    """Save the state after `progress.step` steps; the checkpoint before it goes once this one is whole."""
    final, staging = folder / f"step-{progress.step}", folder / ".checkpoint.part"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    save_file(_parameters(model), staging / "model.safetensors")
    for i, optimizer in enumerate(optimizers):
        save_file(state_tensors(model, optimizer), staging / f"optimizer-{i}.safetensors")
    for path in staging.iterdir():
        fsync_path(path)
    write_json(staging / "progress.json", asdict(progress))
    shutil.rmtree(final, ignore_errors=True)
    os.rename(staging, final)
    fsync_path(folder)
    for _, older in _all(folder)[:-1]:
        shutil.rmtree(older, ignore_errors=True)


def read(folder: Path, model: nn.Module, optimizers: list[Optimizer]) -> Progress:
    """Load the newest readable checkpoint into `model` and `optimizers`; Progress() where there is none."""
    for _, path in reversed(_all(folder)):
        try:
            progress = Progress(**json.loads((path / "progress.json").read_text()))
            weights = load_file(path / "model.safetensors")
            states = [load_file(path / f"optimizer-{i}.safetensors") for i in range(len(optimizers))]
        except (OSError, ValueError, TypeError, SafetensorError):
            shutil.rmtree(path, ignore_errors=True)
            continue
        model.load_state_dict(weights, strict=False)
        for optimizer, state in zip(optimizers, states, strict=True):
            load_state_tensors(model, optimizer, state)
        return progress
    return Progress()


def clear(folder: Path) -> None:
    """Remove every checkpoint of a finished run; its metrics stay."""
    for _, path in _all(folder):
        shutil.rmtree(path, ignore_errors=True)


def _parameters(model: nn.Module) -> dict[str, Tensor]:
    """Each trained parameter once: tied weights appear under their first name only; frozen ones stay as
    they were loaded."""
    return {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}


def _all(folder: Path) -> list[tuple[int, Path]]:
    found = [(int(p.name.removeprefix("step-")), p) for p in folder.glob("step-*") if p.is_dir()]
    return sorted(found)
