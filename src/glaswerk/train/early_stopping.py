"""Early stopping: a run that overfits a small corpus wastes time, and its best weights are earlier ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from safetensors.torch import save as to_bytes
from torch import nn
from transformers import PreTrainedModel

from glaswerk.core.files import write_atomic
from glaswerk.train.checkpoint.state import fill
from glaswerk.train.parallel.world import World

# Noise of the held-out sample between two validations stays below this; overfitting does not.
_RISE = 1.01
_KEY = "bits_per_byte"
_FILE = "best.safetensors"


class EarlyStopping:
    """Stops a run once `patience` validations in a row are at least 1 % worse than the best; 0 never stops.

    A plateau does not stop a run: with a flat learning rate the loss often stays level until the decay.
    Everything is decided from the rows of the metrics, which a resumed run has up to its checkpoint, so it
    stops at the same step as an uninterrupted run. The best weights are kept in `best.safetensors`.
    A branch counts from its step `since` on: earlier validations belong to another run.
    """

    def __init__(self, patience: int, folder: Path, world: World, *, since: int = 0) -> None:
        self._patience, self._file, self._world, self._since = patience, folder / _FILE, world, since

    def record(self, rows: Sequence[Mapping[str, Any]], model: PreTrainedModel) -> None:
        """Call after a validation, whose figures are in the last of `rows`: keeps the weights if it is the
        best so far."""
        values = self._values(rows)
        if self._patience and values and values[-1] == min(values):
            self._keep(model)

    def should_stop(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the run must stop after `rows`."""
        if not self._patience or not rows or _KEY not in rows[-1]:
            return False
        values = self._values(rows)
        return len(values) > self._patience and min(values[-self._patience :]) >= _RISE * min(values)

    def _values(self, rows: Sequence[Mapping[str, Any]]) -> list[float]:
        return [row[_KEY] for row in rows[self._since :] if _KEY in row]

    def restore(self, model: nn.Module) -> None:
        """Load the weights of the best validation into `model`. Every rank reads the file."""
        fill(model, load_file(self._file))

    def _keep(self, model: PreTrainedModel) -> None:
        whole = self._world.gathered(model)
        if whole is None:
            return
        learnt = {name: p.detach() for name, p in whole.named_parameters() if p.requires_grad}
        write_atomic(self._file, to_bytes(learnt))


def forget_best(folder: Path) -> None:
    """Delete the best weights that a finished run has kept in `folder`."""
    (folder / _FILE).unlink(missing_ok=True)


def best_row(rows: Sequence[Mapping[str, Any]], *, since: int = 0) -> int:
    """The index of the row with the fewest bits per byte among rows from `since` on.

    The index of the last row if none of these rows has a validation.
    """
    looks = [(row[_KEY], place) for place, row in enumerate(rows) if _KEY in row and place >= since]
    return min(looks)[1] if looks else len(rows) - 1
