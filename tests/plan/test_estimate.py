"""Hours, price and energy follow from the work and the rate."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import pytest

from glaswerk.plan import shape_for
from glaswerk.plan.devices import DEVICES, device_named
from glaswerk.plan.estimate import Rate, RunEstimate, Work, assumed_rate
from glaswerk.plan.flops import flops_of

SHAPE = shape_for(124_000_000, 32768, 1024)


def _estimate(devices: int = 1, watts: float | None = 500.0) -> RunEstimate:
    work = Work(SHAPE, 3_600_000, 8192, "bf16", devices)
    return RunEstimate(work, Rate(1000, "measured", 1e12, True), 80e9, watts, price_per_hour=2.0)


def test_time_price_and_energy_are_those_of_the_arithmetic() -> None:
    estimate = _estimate()
    assert estimate.seconds == 3600
    assert estimate.price == 2.0
    assert estimate.kilowatt_hours == 0.5


def test_two_devices_take_half_the_time_at_the_same_energy() -> None:
    estimate = _estimate(devices=2)
    assert estimate.seconds == 1800
    assert estimate.kilowatt_hours == 0.5
    assert list(estimate.memory()) == [1, 2]


def test_what_is_not_known_is_none_and_not_nought() -> None:
    assert _estimate(watts=None).to_json()["kilowatt_hours"] is None


@pytest.mark.parametrize("name", sorted(DEVICES))
def test_every_device_of_the_table_has_its_source_and_an_assumption_that_is_called_one(name: str) -> None:
    device = device_named(name)
    assert "datasheet" in device.source or "whitepaper" in device.source
    rate = assumed_rate(Work(SHAPE, 10**9, 65536, "bf16"), device)
    assert rate.basis.startswith("assumed")
    assert not rate.measured
    assert rate.utilisation(SHAPE) == pytest.approx(device.utilisation)


def test_a_small_network_is_bound_by_the_starts_of_its_kernels() -> None:
    small = shape_for(300_000, 4096, 256)
    rate = assumed_rate(Work(small, 10**6, 1024, "bf16"), device_named("h100"))
    assert rate.tokens_per_second == pytest.approx(1024 / (small.layers * 3e-4))


def test_every_figure_is_json_and_agrees_with_the_others() -> None:
    said = json.loads(json.dumps(_estimate(devices=4).to_json()))
    assert said["seconds"] == round(said["hours"] * 3600, 1) == 900
    assert said["tokens_per_second"] == 4000
    assert said["flops"]["total"] == said["flops"]["per_token"] * said["tokens"]
    assert said["parameters"]["total"] == SHAPE.parameters
    assert list(said["memory"]) == ["1", "2", "4"]
    assert (said["rate_basis"], said["rate_measured"]) == ("measured", True)
    assert said["price"] == 0.5  # 2.0 an hour for all devices together


@pytest.mark.parametrize(("devices", "degrees"), [(1, [1]), (2, [1, 2]), (6, [1, 2, 4]), (8, [1, 2, 4, 8])])
def test_sharding_is_shown_over_powers_of_two_up_to_the_devices(devices: int, degrees: list[int]) -> None:
    memory = _estimate(devices=devices).memory()
    assert list(memory) == degrees
    assert all(memory[more].total < memory[less].total for less, more in pairwise(degrees))


def test_a_network_fits_where_its_memory_is_no_more_than_the_devices() -> None:
    estimate = _estimate()
    need = estimate.memory()[1].total
    for capacity, fits in ((need, True), (need - 1, False)):
        assert replace(estimate, capacity=capacity).to_json()["memory"]["1"]["fits"] is fits


@pytest.mark.parametrize("price", [0.0, 3.0])
def test_a_price_is_given_where_one_is_known(price: float) -> None:
    assert replace(_estimate(), price_per_hour=price).price == (price or None)


def test_utilisation_is_the_share_of_the_peak_that_the_formula_reaches() -> None:
    per_token = flops_of(SHAPE).per_token
    assert Rate(1000, "", 1000 * per_token, True).utilisation(SHAPE) == 1.0
    assert Rate(500, "", 1000 * per_token, True).utilisation(SHAPE) == 0.5


def test_a_shape_off_the_dial_says_that_the_ladder_had_none_like_it() -> None:
    on = replace(_estimate(), work=Work(shape_for(1_000_000, 4096, 256), 500_000, 1024, "fp32"))
    off = replace(on, work=Work(shape_for(1_000_000, 4096, 256, depth=6), 500_000, 1024, "fp32"))
    assert on.quality.beyond == ()
    assert off.quality.beyond[0] == "the ladder had no network of this shape"


def test_a_wider_network_is_assumed_to_reach_more_of_the_peak() -> None:
    device = device_named("h100")
    shares = [
        assumed_rate(Work(shape_for(size, 32768, 1024), 10**9, 1 << 20, "bf16"), device).utilisation(
            shape_for(size, 32768, 1024)
        )
        for size in (20_000_000, 124_000_000, 350_000_000)
    ]
    assert shares[0] < shares[1] == pytest.approx(shares[2]) == pytest.approx(device.utilisation)
