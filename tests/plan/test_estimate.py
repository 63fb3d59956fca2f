"""Hours, price and energy follow from the work and the rate; budgets pick the size that they pay for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan import shape_for
from glaswerk.plan.budget import largest_within, parse_budget
from glaswerk.plan.devices import DEVICES, device_named, recognised
from glaswerk.plan.estimate import Rate, RunEstimate, Work, assumed_rate

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


def test_a_device_that_is_not_in_the_table_is_refused_with_those_that_are() -> None:
    with pytest.raises(GlaswerkError, match=r"h200, h100.*found 'abacus'"):
        device_named("abacus")
    assert device_named("RTX 4090").name == "RTX 4090"
    assert recognised("NVIDIA H200") is DEVICES["h200"]
    assert recognised("NVIDIA GeForce RTX 4090") is DEVICES["rtx4090"]
    assert recognised("NVIDIA T4") is None
    # Cut-down relatives of a device of the table do not pass for it.
    assert recognised("NVIDIA A100X") is None
    assert recognised("NVIDIA A10G") is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("2h", 7200), ("90min", 5400), ("1.5 h", 5400), ("30s", 30), ("1d", 86400)]
)
def test_a_budget_of_time_is_read_in_its_unit(text: str, seconds: float) -> None:
    assert parse_budget(text, 0) == seconds


def test_a_budget_of_money_needs_a_price() -> None:
    assert parse_budget("50", 2.5) == 20 * 3600
    with pytest.raises(GlaswerkError, match="the price of an hour is not known"):
        parse_budget("50", 0)


@pytest.mark.parametrize("text", ["", "0h", "-2h", "2 weeks", "h", "1e3", "nan"])
def test_other_words_for_a_budget_are_refused(text: str) -> None:
    with pytest.raises(GlaswerkError, match="--budget takes a time"):
        parse_budget(text, 1)


@settings(deadline=None)
@given(st.lists(st.integers(1, 1000), min_size=1, unique=True).map(sorted), st.integers(1, 1000))
def test_the_largest_within_a_budget_costs_no_more_and_the_next_would(costs: list[int], budget: int) -> None:
    if costs[0] > budget:
        with pytest.raises(GlaswerkError, match="the smallest network takes"):
            largest_within(costs, float, budget)
        return
    chosen = largest_within(costs, float, budget)
    assert chosen <= budget
    assert all(cost > budget for cost in costs[costs.index(chosen) + 1 :])
