"""An interrupted run ends as if nothing had happened."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.train import checkpoint
from glaswerk.train.batches import Rows, RowSampler, StreamSampler
from glaswerk.train.loop import Interrupted, LoopConfig, run
from glaswerk.train.loss import IGNORED

STEPS = 12


def _model() -> torch.nn.Module:
    return build(shape_for(100_000, 320, 64), seed=3, end_id=0, turn_end_id=1)


def _sampler() -> StreamSampler:
    tokens = np.random.default_rng(0).integers(0, 300, 4000).astype(np.uint16)
    return StreamSampler(tokens, length=32, sequences=4, seed=5)


def _losses(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


class _StopsAt(StreamSampler):
    """Sends this process a SIGINT when a step is reached, as a user's Ctrl-C would."""

    at = -1

    def batch(self, step: int):  # type: ignore[no-untyped-def]
        if step == self.at:
            os.kill(os.getpid(), signal.SIGINT)
        return super().batch(step)


def _stopping(step: int) -> _StopsAt:
    plain = _sampler()
    sampler = _StopsAt(plain.tokens, length=32, sequences=4, seed=5)
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
    monkeypatch.setattr("glaswerk.train.precision.bf16_gain", lambda: 3.0)
    with pytest.raises(Interrupted):
        run(_model(), _stopping(4), config, tmp_path, label="run")
    monkeypatch.setattr("glaswerk.train.precision.bf16_gain", lambda: 0.5)
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
    model = _model()
    assert checkpoint.read(tmp_path, model, []).step == 5


def test_loss_falls_on_a_stream_that_repeats(tmp_path: Path) -> None:
    tokens = np.tile(np.arange(40, dtype=np.uint16), 100)
    sampler = StreamSampler(tokens, length=32, sequences=4, seed=0)
    run(_model(), sampler, LoopConfig(steps=60, learning_rate=3e-3), tmp_path, label="run")
    losses = _losses(tmp_path)
    assert losses[-1] < losses[0] / 4


@given(
    length=st.integers(4, 40),
    sequences=st.integers(1, 9),
    tokens=st.integers(64, 900),
    seed=st.integers(0, 9),
)
@settings(max_examples=40, deadline=None)
def test_an_epoch_sees_no_token_twice_as_input(length: int, sequences: int, tokens: int, seed: int) -> None:
    stream = np.arange(tokens, dtype=np.uint32)
    sampler = StreamSampler(stream, length=length, sequences=sequences, seed=seed)
    for epoch in (0, 1):
        first = epoch * sampler.steps_per_epoch
        seen = torch.cat([sampler.batch(first + i).inputs.flatten() for i in range(sampler.steps_per_epoch)])
        assert len(seen.unique()) == len(seen)


def _rows(mask: np.ndarray) -> Rows:  # type: ignore[type-arg]
    return Rows(np.arange(100, dtype=np.uint16), np.array([0, 11, 31]), np.array([10, 30, 35]), mask)


def test_dialogue_rows_hold_whole_dialogues_with_loss_on_marked_tokens_only() -> None:
    mask = (np.arange(100) % 2).astype(np.uint8)
    sampler = RowSampler(_rows(mask), length=64, batch_tokens=999, seed=0, pad=99)
    batch = sampler.batch(0)
    assert sorted(batch.inputs[:, 0].tolist()) == [0, 11, 31]
    counted = batch.labels[batch.labels != IGNORED]
    assert set(counted.tolist()) == {
        t for s, e in ((0, 10), (11, 30), (31, 35)) for t in range(s + 1, e) if t % 2
    }


def test_a_dialogue_longer_than_the_context_is_cut_and_counted() -> None:
    sampler = RowSampler(_rows(np.ones(100, np.uint8)), length=16, batch_tokens=999, seed=0, pad=9)
    assert sampler.truncated == 1
    assert sampler.batch(0).inputs.shape[1] == 16


@given(
    lengths=st.lists(st.integers(2, 40), min_size=1, max_size=60),
    others=st.lists(st.integers(2, 40), min_size=1, max_size=60),
    batch_tokens=st.integers(1, 400),
    share=st.floats(0, 2),
)
@settings(max_examples=60, deadline=None)
def test_an_epoch_sees_every_dialogue_once_and_no_replayed_document_twice(
    lengths: list[int], others: list[int], batch_tokens: int, share: float
) -> None:
    def rows(sizes: list[int], first: int) -> Rows:
        ends = np.cumsum(sizes)
        # The first token of each row is its number: that is how a row is known in a batch.
        tokens = np.zeros(ends[-1], np.uint16)
        tokens[ends - sizes] = np.arange(len(sizes)) + first
        return Rows(tokens, ends - sizes, ends)

    sampler = RowSampler(
        rows(lengths, 1),
        replay=rows(others, 1001),
        share=share,
        length=64,
        batch_tokens=batch_tokens,
        seed=1,
        pad=0,
    )
    for epoch in (0, 1):
        first = epoch * sampler.steps_per_epoch
        seen = [int(t) for i in range(sampler.steps_per_epoch) for t in sampler.batch(first + i).inputs[:, 0]]
        assert len(seen) == len(set(seen))
        assert {t for t in seen if t <= 1000} == set(range(1, len(lengths) + 1))
