"""Real steps of a network are measured; they change the network that they are given, and no other."""

from __future__ import annotations

import math

import pytest
import torch
from tiny_shards import documents_of, stream_of

from glaswerk.model.text_network import build
from glaswerk.plan.estimate import Work
from glaswerk.plan.shape import Shape
from glaswerk.train.batches.batches import Batch
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.forecast.probe import here, matmul_peak, probe_steps, training_rate

SHAPE = Shape(vocab_size=128, width=64, layers=1, heads=1, feed_forward=128, context=16)


def _batch(step: int) -> Batch:
    return Batch.of(torch.full((2, 9), step % 100))


def test_at_least_three_steps_are_counted_after_two_that_are_not() -> None:
    asked: list[int] = []

    def batch(step: int) -> Batch:
        asked.append(step)
        return _batch(step)

    found = probe_steps(build(SHAPE, seed=0, end_id=0, turn_end_id=1), batch, precision="fp32", seconds=0.0)
    assert found.steps == 3
    assert asked == [0, 1, 2, 3, 4]
    assert 0 < found.tokens_per_second < math.inf


def test_the_steps_are_real_ones() -> None:
    model = build(SHAPE, seed=0, end_id=0, turn_end_id=1)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    probe_steps(model, _batch, precision="fp32", seconds=0.0)
    assert any(not torch.equal(before[name], p) for name, p in model.named_parameters())


def test_a_rate_is_marked_as_measured_and_says_how() -> None:
    sampler = PackedSampler(stream_of(documents_of([14] * 8)), length=16, rows=2, seed=0)
    rate = training_rate(Work(SHAPE, 1000, 32, "fp32"), sampler, peak=1e12, seconds=0.0)
    assert rate.measured
    assert rate.basis == "measured here: 3 training steps of this network"
    assert rate.peak == 1e12
    assert 0 < rate.utilisation(SHAPE) < 1


def test_this_machine_is_a_device_with_a_measured_peak() -> None:
    device = here("fp32")
    assert device.teraflops * 1e12 == pytest.approx(matmul_peak("fp32"))
    assert device.gigabytes > 0.1
    assert device.watts is None
    assert "measured now" in device.source
