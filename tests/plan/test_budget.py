"""Budgets of time and money, and the largest candidate that one pays for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.budget import largest_within, parse_budget


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200),
        ("90min", 5400),
        ("90m", 5400),
        ("1.5 h", 5400),
        ("30s", 30),
        ("30 SEC", 30),
        ("1d", 86400),
        (" 0.5d ", 43200),
    ],
)
def test_a_budget_of_time_is_read_in_its_unit(text: str, seconds: float) -> None:
    assert parse_budget(text, 0) == seconds
    assert parse_budget(text, 2.5) == seconds  # a price does not change a time


def test_a_budget_of_money_needs_a_price() -> None:
    assert parse_budget("50", 2.5) == 20 * 3600
    with pytest.raises(GlaswerkError, match="the price of an hour is not known") as error:
        parse_budget("50", 0)
    assert error.value.hint == "--budget 50 --price-per-hour 2.5, or a time: --budget 50h"


@pytest.mark.parametrize("text", ["", "0", "0h", "-2h", "2 weeks", "h", "1e3", "nan", "1,5h", "2h30m"])
def test_other_words_for_a_budget_are_refused(text: str) -> None:
    with pytest.raises(GlaswerkError, match="--budget takes a time") as error:
        parse_budget(text, 1)
    assert repr(text) in error.value.message


@given(st.floats(0.01, 1e6), st.floats(0.01, 1e3))
def test_money_buys_time_in_proportion(money: float, price: float) -> None:
    text = f"{money:.2f}"
    assert parse_budget(text, price) == pytest.approx(float(text) / price * 3600)


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


def test_candidates_beyond_the_first_too_large_one_are_not_tried() -> None:
    tried: list[int] = []

    def candidates() -> Iterator[int]:
        for size in (1, 2, 3, 4, 5):
            tried.append(size)
            yield size

    assert largest_within(candidates(), float, 2.5) == 2
    assert tried == [1, 2, 3]


def test_a_budget_that_is_just_enough_is_enough() -> None:
    assert largest_within([1, 2], float, 2.0) == 2


def test_without_a_candidate_there_is_none_to_choose() -> None:
    with pytest.raises(ValueError, match="no candidate"):
        largest_within([], float, 1.0)
