"""A single process is a world, and computes as if there were no ranks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab, Spec
from glaswerk.train.batches.batches import Batch
from glaswerk.train.parallel.collective_artifact import make_collective_artifact
from glaswerk.train.parallel.degrees import Parallel
from glaswerk.train.parallel.world import World, open_world


@pytest.fixture
def alone() -> World:
    return World(Parallel().fitted(1), torch.device("cpu"))


def test_it_has_all_rows_and_writes(alone: World) -> None:
    batch = Batch.of(torch.arange(12).view(3, 4))
    assert torch.equal(alone.part(batch).inputs, batch.inputs)
    assert alone.first
    assert (alone.rank, alone.size) == (0, 1)


def test_its_sums_and_flags_are_its_own(alone: World) -> None:
    assert alone.sums({"loss": 0.5, "reward": -1.0}) == {"loss": 0.5, "reward": -1.0}
    assert alone.any(True, False) == [True, False]
    assert alone.sums({}) == {}


@pytest.mark.parametrize(("limit", "after"), [(1.0, 1.0), (5.0, 5.0), (100.0, 5.0)])
def test_gradients_are_scaled_down_to_the_limit_but_never_up(
    alone: World, limit: float, after: float
) -> None:
    parameter = nn.Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([3.0, 4.0])
    assert alone.clip([parameter], limit) == pytest.approx(5.0)
    assert parameter.grad.norm().item() == pytest.approx(after, rel=1e-4)


def test_parameters_without_gradient_do_not_count(alone: World) -> None:
    one, other = nn.Parameter(torch.zeros(2)), nn.Parameter(torch.zeros(2))
    one.grad = torch.tensor([0.0, 2.0])
    assert alone.clip([one, other], 1.0) == pytest.approx(2.0)
    assert other.grad is None


def test_without_torchrun_the_world_is_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with open_world(Parallel()) as world:
        assert world.size == 1
        assert world.parallel == Parallel(shard=1)
    with (
        pytest.raises(GlaswerkError, match="does not make 1 rank, the number this run"),
        open_world(Parallel(tensor=2)),
    ):
        pass


def _write(folder: Path | None) -> dict[str, Any]:
    assert folder is not None
    (folder / "words.txt").write_text("made")
    return {"tokens": 3}


def test_a_collective_artifact_is_made_once(empty_lab: Lab, alone: World) -> None:
    calls: list[Path | None] = []

    def write(folder: Path | None) -> dict[str, Any]:
        calls.append(folder)
        return _write(folder)

    spec = Spec("model", "base/step-1", "model/1", {}, {"rate": 0.1})
    made = make_collective_artifact(empty_lab, spec, alone, write)
    again = make_collective_artifact(empty_lab, spec, alone, write)
    assert (made.path / "words.txt").read_text() == "made"
    assert again.id == made.id == spec.id
    assert len(calls) == 1
