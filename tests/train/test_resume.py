"""An interrupted run ends as if nothing had happened."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError, Interrupted
from glaswerk.lab import Lab
from glaswerk.lineage.pause import pause, paused, resume
from glaswerk.lineage.policy import policy_template, sign_policy
from glaswerk.lineage.signing import new_key
from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.train.batches.batches import Batch
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.stream import Stream
from glaswerk.train.checkpoint.policy import Checkpoints
from glaswerk.train.loop import LoopConfig, run
from glaswerk.train.objective.next_token import next_token
from tests.support.ctrl_c import press

STEPS = 12


def _model() -> torch.nn.Module:
    return build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)


def _stream() -> Stream:
    """A hundred documents of 1 to 79 tokens."""
    chance = np.random.default_rng(0)
    lengths = chance.integers(1, 80, 100)
    ends = np.cumsum(lengths + 1) - 1
    tokens = chance.integers(2, 300, int(ends[-1]) + 1).astype(np.uint16)
    tokens[ends] = 0
    return Stream("train", [f"d{i}" for i in range(100)], tokens, ends - lengths, ends, end_id=0)


def _sampler() -> PackedSampler:
    return PackedSampler(_stream(), length=32, rows=4, seed=5)


def _losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


def _newest(folder: Path) -> int:
    found = Checkpoints(folder).newest()
    assert found is not None
    return found.progress.step


class _StopsAt(PackedSampler):
    """Presses Ctrl-C when a step is reached."""

    at = -1

    def batch(self, step: int) -> Batch:
        if step == self.at:
            press()
        return super().batch(step)


def _stopping(step: int) -> _StopsAt:
    sampler = _StopsAt(_stream(), length=32, rows=4, seed=5)
    sampler.at = step
    return sampler


@pytest.mark.parametrize(("stop", "precision"), [(0, "fp32"), (5, "fp32"), (STEPS - 1, "fp32"), (5, "bf16")])
def test_losses_and_weights_are_bit_identical_after_ctrl_c_and_resume(
    tmp_path: Path, stop: int, precision: str
) -> None:
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals reach the main thread only")
    config = LoopConfig(steps=STEPS, learning_rate=3e-3, precision=precision)
    whole, broken, resumed = _model(), _model(), _model()
    run(whole, _sampler(), config, tmp_path / "whole", label="whole")
    with pytest.raises(Interrupted) as stopped:
        run(broken, _stopping(stop), config, tmp_path / "parts", label="parts")
    assert stopped.value.step == stop + 1
    run(resumed, _sampler(), config, tmp_path / "parts", label="parts")
    assert _losses(tmp_path / "parts") == _losses(tmp_path / "whole")
    for ours, theirs in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_run_resumes_in_the_precision_that_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = LoopConfig(steps=STEPS, learning_rate=3e-3)
    monkeypatch.setattr("glaswerk.train.machine.precision.bf16_gain", lambda: 3.0)
    with pytest.raises(Interrupted):
        run(_model(), _stopping(4), config, tmp_path, label="run")
    monkeypatch.setattr("glaswerk.train.machine.precision.bf16_gain", lambda: 0.5)
    assert run(_model(), _sampler(), config, tmp_path, label="run")["precision"] == "bf16"
    assert run(_model(), _sampler(), config, tmp_path / "other", label="run")["precision"] == "fp32"


def test_a_checkpoint_cut_off_by_a_full_disk_is_passed_over_for_the_older_one(tmp_path: Path) -> None:
    config = LoopConfig(steps=STEPS, learning_rate=3e-3)
    with pytest.raises(Interrupted):
        run(_model(), _stopping(4), config, tmp_path, label="run")
    broken = tmp_path / "step-9"
    broken.mkdir()
    (broken / "progress.json").write_text('{"step": 9, "seconds": 1}')
    (broken / "model.safetensors").write_bytes(b"\x08")
    assert _newest(tmp_path) == 5


def test_loss_falls_on_documents_that_repeat(tmp_path: Path) -> None:
    tokens = np.tile(np.r_[np.arange(1, 40), 0].astype(np.uint16), 100)
    ends = np.arange(39, 4000, 40)
    stream = Stream("train", [str(e) for e in ends], tokens, ends - 39, ends, end_id=0)
    sampler = PackedSampler(stream, length=40, rows=4, seed=0)
    run(_model(), sampler, LoopConfig(steps=60, learning_rate=3e-3), tmp_path, label="run")
    losses = _losses(tmp_path)
    assert losses[-1] < losses[0] / 4


def test_micro_batches_change_a_run_by_rounding_only(tmp_path: Path) -> None:
    config = LoopConfig(steps=4, learning_rate=3e-3, precision="fp32")
    whole, parts = _model(), _model()
    run(whole, _sampler(), config, tmp_path / "whole", label="whole")
    run(parts, _sampler(), replace(config, micro_rows=1), tmp_path / "parts", label="parts")
    np.testing.assert_allclose(_losses(tmp_path / "parts"), _losses(tmp_path / "whole"), rtol=1e-4)


def test_a_lost_run_names_the_documents_of_the_batch_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    config = LoopConfig(steps=STEPS, learning_rate=3e-3, precision="fp32")
    with pytest.raises(Interrupted):
        run(_model(), _stopping(4), config, tmp_path, label="run")
    poisoned = _model()

    def nan(model: PreTrainedModel, batch: Batch, total: int) -> tuple[dict[str, Tensor], Tensor]:
        loss = model.get_output_embeddings().weight.sum() * float("nan")
        return {"loss": loss.detach()}, loss

    with pytest.raises(GlaswerkError, match=r"the loss is nan at step 5, which saw \d+ documents \(d\d+, d"):
        run(poisoned, _sampler(), config, tmp_path, label="run", objective=nan)
    told = {span["document"] for span in json.loads((tmp_path / "lost-batch.json").read_text())}
    assert told == {span.document for span in _sampler().spans(5)}
    assert _newest(tmp_path) == 5


def test_where_memory_runs_out_the_step_is_computed_in_smaller_parts(tmp_path: Path) -> None:
    seen: list[int] = []

    def greedy(model: PreTrainedModel, batch: Batch, total: int) -> tuple[Mapping[str, Tensor], Tensor]:
        seen.append(len(batch.inputs))
        if len(batch.inputs) > 1:
            torch.empty(1 << 60)  # the real error of the real allocator
        return next_token(model, batch, total)

    run(
        _model(), _sampler(), LoopConfig(steps=1, learning_rate=1e-3), tmp_path, label="run", objective=greedy
    )
    assert seen == [4, 2, 1, 1, 1, 1]


def test_memory_too_small_for_one_row_names_the_settings_to_lower(tmp_path: Path) -> None:
    def greedy(model: PreTrainedModel, batch: Batch, total: int) -> tuple[Mapping[str, Tensor], Tensor]:
        torch.empty(1 << 60)
        return next_token(model, batch, total)

    config = LoopConfig(steps=1, learning_rate=1e-3)
    with pytest.raises(GlaswerkError, match="not enough memory for one row of 32 tokens") as told:
        run(_model(), _sampler(), config, tmp_path, label="run", objective=greedy)
    assert "--context" in str(told.value.hint)


class _Explodes(torch.autograd.Function):
    """Passes a value on, and infinity back."""

    @staticmethod
    def forward(ctx: object, value: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return gradient * float("inf")


def test_a_gradient_that_is_no_number_stops_the_run_before_it_reaches_the_weights(tmp_path: Path) -> None:
    model, calls = _model(), []

    def explode(model: PreTrainedModel, batch: Batch, total: int) -> tuple[Mapping[str, Tensor], Tensor]:
        report, loss = next_token(model, batch, total)
        calls.append(1)
        return report, _Explodes.apply(loss) if len(calls) == STEPS else loss

    config = LoopConfig(steps=STEPS, learning_rate=3e-3, precision="fp32")
    with pytest.raises(GlaswerkError, match=rf"the gradient's norm is (nan|inf) at step {STEPS - 1}"):
        run(model, _sampler(), config, tmp_path, label="run", objective=explode)
    assert all(bool(p.isfinite().all()) for p in model.parameters())


class _PausesAt(PackedSampler):
    """Pauses the lab when a step is reached, as `glaswerk pause` in another terminal would."""

    root = Path()

    def batch(self, step: int) -> Batch:
        if step == 5 and not paused(self.root):
            pause(self.root, "checked by the board")
        return super().batch(step)


def test_a_pause_of_the_lab_stops_a_run_without_loss_and_bars_a_new_one_until_two_have_signed(
    tmp_path: Path,
) -> None:
    pytest.importorskip("cryptography", reason='pip install "glaswerk[sign]"')
    root = tmp_path / "lab"
    Lab.init(root).ledger.close()
    keys = {name: tmp_path / f"{name}.key" for name in ("ada", "ben")}
    for key in keys.values():
        new_key(key)
    (tmp_path / "policy.toml").write_text(policy_template(keys))
    sign_policy(root, tmp_path / "policy.toml", keys["ada"])
    sampler = _PausesAt(_stream(), length=32, rows=4, seed=5)
    sampler.root = root
    config, folder = LoopConfig(steps=STEPS, learning_rate=3e-3, precision="fp32"), root / "runs" / "one"
    whole, resumed = _model(), _model()
    run(whole, _sampler(), config, tmp_path / "whole", label="whole")
    with pytest.raises(Interrupted, match="checked by the board") as stopped:
        run(_model(), sampler, config, folder, label="parts")
    assert stopped.value.step == 6
    with pytest.raises(GlaswerkError, match="the lab is paused") as refused:
        run(_model(), _sampler(), config, folder, label="parts")
    assert refused.value.hint == "glaswerk resume --key KEY"
    resume(root, list(keys.values()))
    run(resumed, _sampler(), config, folder, label="parts")
    assert _losses(folder) == _losses(tmp_path / "whole")
    for ours, theirs in zip(resumed.parameters(), whole.parameters(), strict=True):
        assert torch.equal(ours, theirs)
