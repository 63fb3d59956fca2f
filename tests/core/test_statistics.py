"""Intervals hold the truth about as often as they claim, and agree with what is known in closed form."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.statistics import ratio, share, unmeasurable, wilson


@pytest.mark.parametrize(
    "chance", [0.3, pytest.param(0.5, marks=pytest.mark.slow), pytest.param(0.9, marks=pytest.mark.slow)]
)
def test_the_interval_covers_the_true_share_in_about_95_of_100_simulations(chance: float) -> None:
    dice = np.random.default_rng(5)
    hits = 0
    for seed in range(300):
        values = (dice.random(80) < chance).astype(float)
        estimate = share(values.tolist(), range(80), seed=seed)
        hits += estimate.low <= chance <= estimate.high
    # Three standard errors of a proportion of 300 around 95 % are 3.8 points; small samples cost two.
    assert 0.90 <= hits / 300 <= 0.985


@pytest.mark.slow
def test_clustered_items_are_covered_where_treating_them_as_independent_is_not() -> None:
    dice = np.random.default_rng(6)
    clustered = single = 0
    for seed in range(200):
        # Each subject has a share of its own; ten questions about it add almost nothing.
        known = np.repeat(dice.beta(0.4, 0.4, 40), 10)
        values = (dice.random(400) < known).astype(float).tolist()
        by_subject = share(values, np.repeat(np.arange(40), 10).tolist(), seed=seed)
        by_item = share(values, range(400), seed=seed)
        clustered += by_subject.low <= 0.5 <= by_subject.high
        single += by_item.low <= 0.5 <= by_item.high
    assert clustered / 200 >= 0.89
    assert single / 200 <= 0.75


def test_the_interval_of_a_mean_agrees_with_the_normal_closed_form() -> None:
    values = np.random.default_rng(7).normal(3.0, 2.0, 400)
    estimate = ratio(values, np.ones(400), range(400), seed=1)
    half = NormalDist().inv_cdf(0.975) * values.std(ddof=1) / 20
    assert estimate.value == pytest.approx(values.mean())
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_a_ratio_weighs_by_the_denominator() -> None:
    estimate = ratio([8.0, 100.0], [1.0, 99.0], ["a", "b"], seed=0)
    assert estimate.value == pytest.approx(1.08)
    assert estimate.low < 1.08 < estimate.high


@pytest.mark.parametrize(("value", "low", "high"), [(1.0, 0.025 ** (1 / 20), 1.0), (0.0, 0.0, None)])
def test_unanimous_items_get_the_exact_bound_and_no_false_certainty(
    value: float, low: float, high: float | None
) -> None:
    estimate = share([value] * 60, [i // 3 for i in range(60)], seed=0)
    assert estimate.method == "exact"
    assert estimate.clusters == 20
    assert estimate.low == pytest.approx(low)
    assert estimate.high == pytest.approx(1 - 0.025 ** (1 / 20) if high is None else high)


@pytest.mark.parametrize("clusters", [1, 2, 4])
def test_too_few_clusters_give_no_figure_however_many_items_they_hold(clusters: int) -> None:
    which = [i % clusters for i in range(60)]
    for estimate in (
        ratio(range(60), np.ones(60), which, seed=0),
        share([0.0, 1.0, 1.0] * 20, which, seed=0),
    ):
        found = estimate.to_json()
        assert found == {
            "measurable": False,
            "reason": f"an interval needs 5 independent items, found {clusters}",
        }
    assert share([1.0, 0.0, 0.0, 1.0, 1.0], range(5), seed=0).to_json()["measurable"] is True


@given(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=40), st.integers(0, 5))
def test_an_interval_holds_its_value_within_0_and_1_and_repeats_with_its_seed(
    values: list[float], seed: int
) -> None:
    estimate = share(values, [i // 2 for i in range(len(values))], seed=seed)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate == share(values, [i // 2 for i in range(len(values))], seed=seed)


@pytest.mark.parametrize(
    # Figures of scipy.stats.binomtest(…).proportion_ci(method="wilson").
    ("successes", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775328),
        (3, 10, 0.1077913, 0.6032219),
        (10, 10, 0.7224672, 1.0),
        (50, 100, 0.4038315, 0.5961685),
    ],
)
def test_wilson_intervals_are_those_of_scipy(successes: int, n: int, low: float, high: float) -> None:
    found = wilson(successes, n)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)


def test_a_report_gives_a_figure_with_its_interval_or_the_reason_why_not() -> None:
    figure = share([1.0, 0.0] * 10, range(20), seed=0, chance=0.5).to_json()
    assert figure["measurable"] is True
    assert figure["low"] < figure["value"] == 0.5 < figure["high"]
    assert (figure["n"], figure["clusters"], figure["chance"], figure["method"]) == (20, 20, 0.5, "bca")
    few = share([1.0, 0.0], range(2), seed=0).to_json()
    assert few == unmeasurable("an interval needs 5 independent items, found 2")
    assert few["measurable"] is False


def test_a_mean_of_one_cluster_is_its_value_without_an_interval() -> None:
    found = ratio([3.0, 1.0], [2.0, 2.0], ["one", "one"], seed=0)
    assert (found.value, found.low, found.high, found.clusters, found.n) == (1.0, 1.0, 1.0, 1, 2)
    assert not found.sound


@given(st.integers(1, 200), st.data())
def test_wilson_holds_its_share_and_narrows_with_more_trials(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    found = wilson(successes, n)
    assert 0 <= found.low <= found.value + 1e-15 <= found.high + 2e-15 <= 1 + 3e-15
    more = wilson(10 * successes, 10 * n)
    assert more.high - more.low < found.high - found.low


def test_the_order_of_items_does_not_move_an_interval_when_clusters_keep_theirs() -> None:
    values, clusters = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0], ["a", "a", "b", "c", "d", "e"]
    swapped = [0.0, 1.0, 1.0, 1.0, 0.0, 1.0]
    assert share(values, clusters, seed=3) == share(swapped, clusters, seed=3)
