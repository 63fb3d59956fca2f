"""Compiled runs: the same training, a warm-up that is told, and a choice that fits the length of the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.nn import functional as F

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.model import build
from glaswerk.plan.shape import shape_for
from glaswerk.train import TrainConfig, train
from glaswerk.train.batches.batches import Batch
from glaswerk.train.machine.compiling import compiles, has_compiler
from glaswerk.train.machine.precision import autocast
from glaswerk.train.objective.attention import use_attention
from glaswerk.train.objective.next_token import hidden_states


def test_long_runs_are_compiled_and_short_ones_are_not() -> None:
    assert [compiles("auto", seconds) for seconds in (0.0, 599.0, 600.0)] == [False, False, has_compiler()]
    assert not compiles("off", 1e6)


def test_without_a_compiler_auto_goes_on_and_on_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert not compiles("auto", 1e6)
    with pytest.raises(GlaswerkError, match="needs a C\\+\\+ compiler") as told:
        compiles("on", 0.0)
    assert "--compile off" in str(told.value.hint)
    with pytest.raises(GlaswerkError, match="found 'perhaps'"):
        compiles("perhaps", 0.0)


@pytest.mark.parametrize("length", [48, 600])
def test_attention_written_out_is_torchs(length: int) -> None:
    """In bf16 on a CPU short rows are computed otherwise; pieces see themselves and nothing later."""
    model = build(shape_for(300_000, 320, length), seed=3, end_id=0, turn_end_id=1)
    with torch.no_grad():  # the first layer is the identity until its projections are trained
        for parameter in model.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)) * 0.05)
    ids = torch.randint(0, 320, (3, length), generator=torch.Generator().manual_seed(2))
    positions = torch.cat([torch.arange(length // 3), torch.arange(length - length // 3)]).expand(3, -1)
    batch = Batch(ids, ids, positions, torch.full((3,), length))
    found = {}
    for name in ("sdpa", "glaswerk"):
        model.set_attn_implementation("sdpa") if name == "sdpa" else use_attention(model)
        with autocast("bf16"):
            found[name] = hidden_states(model, batch).float().flatten(0, 1)
    assert F.cosine_similarity(found["sdpa"], found["glaswerk"]).min() > 0.999
    if length == 48:
        assert not torch.equal(found["sdpa"], found["glaswerk"])
    else:
        assert torch.equal(found["sdpa"], found["glaswerk"])


@pytest.mark.slow
@pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")
def test_a_compiled_run_is_the_same_run(own_lab: Path, tmp_path: Path) -> None:
    lab = Lab.open(own_lab)
    config = {
        "size": "100K",
        "epochs": 0.5,
        "context": 64,
        "batch_tokens": 1024,
        "precision": "fp32",
        "seed": 1,
    }
    rows = {}
    for choice in ("off", "on"):
        made = train(lab, TrainConfig(**config, compile=choice), name="compiled")  # type: ignore[arg-type]
        rows[choice] = [
            json.loads(line) for line in (lab.run_folder(made.id) / "metrics.jsonl").read_text().splitlines()
        ]
        assert ("warmup_seconds" in made.stats) == (choice == "on")
        for kept in (lab.root / "models").glob("compiled*"):
            kept.rename(tmp_path / choice)
        lab.run_folder(made.id).rename(tmp_path / f"run-{choice}")
    assert len(rows["on"]) == len(rows["off"]) > 20
    for one, other in zip(rows["on"], rows["off"], strict=True):
        assert one["loss"] == pytest.approx(other["loss"], abs=2e-4)
    lab.ledger.close()
