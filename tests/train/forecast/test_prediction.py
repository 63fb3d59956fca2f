"""What a run takes, predicted for a device of the table or for this machine."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny_shards import documents_of, stream_of

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.shape import Shape
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.forecast.prediction import HERE, Target, predict, predict_run
from glaswerk.train.loop import LoopConfig
from glaswerk.train.plan import TrainPlan

SHAPE = Shape(vocab_size=128, width=64, layers=1, heads=1, feed_forward=128, context=32)
LOOP = LoopConfig(steps=10, learning_rate=0.01, precision="fp32")
PLAN = TrainPlan(SHAPE, LOOP, rows=8, tokens=2560, epochs=2.0)


@pytest.fixture(scope="module")
def sampler() -> PackedSampler:
    return PackedSampler(stream_of(documents_of([30] * 64)), length=32, rows=8, seed=0)


def test_twice_the_devices_take_half_the_time(sampler: PackedSampler) -> None:
    # Rows stay those of one device, so that only the number of devices changes.
    plan = replace(PLAN, loop=replace(LOOP, micro_rows=2))
    one = predict(plan, Target("h100"), sampler)
    two = predict(plan, Target("h100", devices=2), sampler)
    assert two.seconds == pytest.approx(one.seconds / 2)


def test_a_faster_device_is_never_slower(sampler: PackedSampler) -> None:
    wide = replace(PLAN, shape=replace(SHAPE, width=1024, heads=16, feed_forward=4096), rows=512)
    seconds = [predict(wide, Target(name), sampler).seconds for name in ("a10", "a100", "h100")]
    assert seconds == sorted(seconds, reverse=True)


@pytest.mark.parametrize(("chosen", "expected"), [("auto", "bf16"), ("fp32", "fp32"), ("bf16", "bf16")])
def test_a_gpu_of_the_table_multiplies_in_bf16_unless_told_otherwise(
    sampler: PackedSampler, chosen: str, expected: str
) -> None:
    plan = replace(PLAN, loop=replace(LOOP, precision=chosen))
    assert predict(plan, Target("a100"), sampler).work.precision == expected


def test_price_and_watts_are_those_given_else_those_of_the_table(sampler: PackedSampler) -> None:
    given = predict(PLAN, Target("h100", price_per_hour=3.6, watts=100.0), sampler)
    assert given.price == pytest.approx(given.seconds / 1000)
    assert given.kilowatt_hours == pytest.approx(100 * given.seconds / 3.6e6)
    table = predict(PLAN, Target("h100"), sampler)
    assert table.price is None
    assert table.watts == 700


@pytest.mark.parametrize(
    ("micro_rows", "devices", "tokens"),
    [(0, 1, 8 * 32), (2, 1, 2 * 32), (0, 3, 3 * 32), (100, 1, 8 * 32), (0, 8, 32)],
)
def test_a_device_computes_its_rows_or_fewer_at_once(
    sampler: PackedSampler, micro_rows: int, devices: int, tokens: int
) -> None:
    plan = replace(PLAN, loop=replace(LOOP, micro_rows=micro_rows))
    assert predict(plan, Target("h100", devices=devices), sampler).work.micro_tokens == tokens


def test_the_corpus_is_the_tokens_by_the_epochs(sampler: PackedSampler) -> None:
    assert predict(PLAN, Target("h100"), sampler).work.corpus_tokens == 1280
    assert predict(replace(PLAN, epochs=0.0), Target("h100"), sampler).work.corpus_tokens == 0


def test_an_unknown_device_is_refused_with_those_of_the_table(sampler: PackedSampler) -> None:
    with pytest.raises(GlaswerkError, match="abacus") as refused:
        predict(PLAN, Target("abacus"), sampler)
    assert "h100" in str(refused.value) + str(refused.value.hint)


def test_a_run_too_short_for_a_probe_keeps_the_assumed_rate(sampler: PackedSampler) -> None:
    found = predict_run(PLAN, sampler, 1)
    assert not found.rate.measured
    assert found == predict(PLAN, Target(), sampler)


def test_a_run_on_several_devices_is_not_probed(sampler: PackedSampler) -> None:
    long = replace(PLAN, tokens=10**15)
    assert not predict_run(long, sampler, 2).rate.measured


def test_this_machine_is_the_default_target() -> None:
    assert Target().device == HERE
    assert Target() == Target(HERE, 1, False, 0.0, 0.0)
