"""A run that over-fits stops, with the weights of its best validation, wherever it was interrupted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from transformers import PreTrainedModel

from glaswerk.core.errors import Interrupted
from glaswerk.model import build
from glaswerk.plan import Shape
from glaswerk.train.batches.batches import Batch, Span
from glaswerk.train.early_stopping import EarlyStopping, best_row
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.parallel.world import World
from glaswerk.train.report.validation import token_nats
from tests.support.ctrl_c import press

STEPS = 60


def _rows(values: list[float | None]) -> list[dict[str, float]]:
    return [{} if value is None else {"bits_per_byte": value} for value in values]


@pytest.mark.parametrize(
    ("values", "stops"),
    [
        ([2.0, 1.5, 1.6, 1.7], True),
        ([2.0, 1.5, 1.6], False),
        ([2.0, 1.5, 1.6, 1.7, None], False),  # decided right after a validation only
        ([2.0, 1.5, 1.501, 1.502, 1.503], False),  # stands still: the decay may bring more
        ([2.0, 1.5, 1.6, 1.4, 1.5, 1.39], False),
        ([1.5, 1.6, 1.7], True),
    ],
)
def test_two_looks_above_the_best_end_a_run_and_standing_still_does_not(
    values: list[float | None], stops: bool, tmp_path: Path
) -> None:
    assert EarlyStopping(2, tmp_path, World.alone()).should_stop(_rows(values)) is stops
    assert not EarlyStopping(0, tmp_path, World.alone()).should_stop(_rows(values))


def test_the_best_row_is_the_first_with_the_lowest_figure() -> None:
    assert best_row(_rows([None, 2.0, None, 1.5, 1.5, 1.7])) == 3
    assert best_row(_rows([None, None])) == 1


class _Few:
    """Random tokens, soon known by heart: nothing of them helps with other random tokens."""

    steps_per_epoch = 1.0

    def __init__(self, stop_at: int = -1) -> None:
        self._batch = Batch.of(torch.randint(0, 64, (4, 33), generator=torch.Generator().manual_seed(0)))
        self._stop_at = stop_at

    def batch(self, step: int) -> Batch:
        if step == self._stop_at:
            press()  # the flag is read at the step's end
        return self._batch

    def spans(self, step: int) -> list[Span]:
        return []


def _model() -> PreTrainedModel:
    return build(Shape(64, 1, 64, 1, 192, 32), seed=3, end_id=0, turn_end_id=1)


def _validate(model: PreTrainedModel) -> dict[str, Any]:
    """Mean nats on other random tokens, which over-fitting makes worse."""
    other = Batch.of(torch.randint(0, 64, (4, 33), generator=torch.Generator().manual_seed(1)))
    with torch.inference_mode():
        return {"bits_per_byte": float(token_nats(model, other).mean())}


def _run(folder: Path, sampler: _Few, patience: int = 2) -> tuple[nn.Module, dict[str, Any]]:
    model = _model()
    config = LoopConfig(steps=STEPS, learning_rate=1e-2, precision="fp32", patience=patience)
    return model, run(model, sampler, config, folder, label="run", validate=_validate)


def test_an_over_fitting_run_stops_early_with_its_best_weights(tmp_path: Path) -> None:
    model, figures = _run(tmp_path, _Few())
    rows = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert len(rows) == figures["stopped_at"] < STEPS
    best = min(row["bits_per_byte"] for row in rows if "bits_per_byte" in row)
    assert _validate(model)["bits_per_byte"] == pytest.approx(best)  # type: ignore[arg-type]
    assert figures["steps"] == best_row(rows) + 1
    assert figures["bits_per_byte"][-1][1] == best


def test_without_patience_it_goes_on_to_the_end(tmp_path: Path) -> None:
    _, figures = _run(tmp_path, _Few(), patience=0)
    assert figures["steps"] == STEPS
    assert "stopped_at" not in figures


def test_interrupted_before_and_after_the_best_look_it_ends_in_the_same_weights(tmp_path: Path) -> None:
    whole, figures = _run(tmp_path / "whole", _Few())
    for stop in (figures["steps"] - 1, figures["stopped_at"] - 1):
        folder = tmp_path / str(stop)
        with pytest.raises(Interrupted):
            _run(folder, _Few(stop))
        resumed, again = _run(folder, _Few())
        assert again["stopped_at"] == figures["stopped_at"]
        for ours, theirs in zip(resumed.parameters(), whole.parameters(), strict=True):
            assert torch.equal(ours, theirs)
