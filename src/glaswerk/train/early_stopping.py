"""Stopping early: a run that over-fits a small corpus wastes its time, and its best weights lie behind it."""

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

# Noise of a sample of held-out text between two looks stays below this; over-fitting does not.
_RISE = 1.01
_KEY = "bits_per_byte"
_FILE = "best.safetensors"


class EarlyStopping:
    """Stops once `looks` validations in a row lie 1 % or more above the best one; 0 never stops.

    A validation that merely stands still stops nothing: with a flat learning rate it often does so until the
    decay. All is decided from the rows of the metrics, which a resumed run has up to its checkpoint, so it
    stops where the uninterrupted one does. The weights of the best look are kept in `best.safetensors`.
    A branch counts from its step `since` on: the weights of earlier looks are another run's.
    """

    def __init__(self, looks: int, folder: Path, world: World, *, since: int = 0) -> None:
        self._looks, self._file, self._world, self._since = looks, folder / _FILE, world, since

    def record(self, rows: Sequence[Mapping[str, Any]], model: PreTrainedModel) -> None:
        """After a validation in the last of `rows`: keep the weights if it is the best so far."""
        values = self._values(rows)
        if self._looks and values and values[-1] == min(values):
            self._keep(model)

    def should_stop(self, rows: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the run is to stop after `rows`."""
        if not self._looks or not rows or _KEY not in rows[-1]:
            return False
        values = self._values(rows)
        return len(values) > self._looks and min(values[-self._looks :]) >= _RISE * min(values)

    def _values(self, rows: Sequence[Mapping[str, Any]]) -> list[float]:
        return [row[_KEY] for row in rows[self._since :] if _KEY in row]

    def restore(self, model: nn.Module) -> None:
        """Put the weights of the best look into `model`. Every rank reads the file."""
        fill(model, load_file(self._file))

    def _keep(self, model: PreTrainedModel) -> None:
        whole = self._world.gathered(model)
        if whole is None:
            return
        write_atomic(self._file, to_bytes({name: p.detach() for name, p in whole.named_parameters()}))


def forget_best(folder: Path) -> None:
    """Remove the kept weights of a finished run."""
    (folder / _FILE).unlink(missing_ok=True)


def best_row(rows: Sequence[Mapping[str, Any]], *, since: int = 0) -> int:
    """The place, from `since` on, of the row with the fewest bits per byte; the last where none has any."""
    looks = [(row[_KEY], place) for place, row in enumerate(rows) if _KEY in row and place >= since]
    return min(looks)[1] if looks else len(rows) - 1
