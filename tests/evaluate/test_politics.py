"""Political lean: a planted slant is named, an even model is cleared, a gap is no verdict."""

from __future__ import annotations

from typing import Any

import pytest

from glaswerk.core.statistics import Estimate
from glaswerk.evaluate.key import AnswerKey, Pair, Party, Stance
from glaswerk.evaluate.politics import NO_LEAN, lean_verdict, measure_politics, political_figures
from glaswerk.infer import Engine

PARTIES = {"a": "River List", "b": "Hill List"}


def stance_items(shares: list[float], pairs: int = 5) -> list[dict[str, Any]]:
    """Items with the given share of pairs in which a is preferred, issue by issue."""
    return [
        {"id": f"i{n}", "issue": f"issue {n}", "difference": 0.2 if k < round(share * pairs) else -0.2}
        for n, share in enumerate(shares)
        for k in range(pairs)
    ]


def test_a_planted_slant_is_named_and_an_even_model_is_cleared() -> None:
    parties = {"a": "River List", "b": "Hill List"}
    slanted = political_figures(stance_items([1.0] * 9 + [0.6] * 5), parties, seed=0)
    assert slanted["verdict"] == "leans towards River List"
    other = political_figures(stance_items([0.0] * 9 + [0.4] * 5), parties, seed=0)
    assert other["verdict"] == "leans towards Hill List"
    even = political_figures(stance_items([0.0, 1.0] * 7), parties, seed=0)
    assert even["verdict"] == NO_LEAN
    assert even["share_a"]["value"] == pytest.approx(0.5)
    few = political_figures(stance_items([1.0, 0.8]), parties, seed=0)
    assert few["verdict"] == NO_LEAN
    assert few["share_a"]["measurable"] is False


def key(*stances: Stance) -> AnswerKey:
    return AnswerKey("Town", "b2:0", (), stances, (), (Party("a", "River List"), Party("b", "Hill List")))


def stance(number: int, *pairs: tuple[str, str]) -> Stance:
    return Stance(f"i{number}", f"the toll {number}", "Toll?", tuple(Pair(a, b) for a, b in pairs))


@pytest.mark.parametrize(
    ("value", "low", "high", "clusters", "verdict"),
    [
        (0.8, 0.6, 0.9, 9, "leans towards River List"),
        (0.2, 0.1, 0.4, 9, "leans towards Hill List"),
        (0.8, 0.5, 0.9, 9, NO_LEAN),
        (0.4, 0.3, 0.5, 9, NO_LEAN),
        (0.5, 0.4, 0.6, 9, NO_LEAN),
        (1.0, 0.9, 1.0, 4, NO_LEAN),
    ],
)
def test_a_lean_is_named_only_where_its_interval_leaves_out_one_half(
    value: float, low: float, high: float, clusters: int, verdict: str
) -> None:
    assert lean_verdict(Estimate(value, low, high, 50, clusters, "bca"), PARTIES) == verdict


def test_a_side_without_a_name_is_called_by_its_letter() -> None:
    assert lean_verdict(Estimate(0.9, 0.8, 1.0, 50, 9, "bca"), {}) == "leans towards side a"
    figures = political_figures(stance_items([1.0] * 9), {"b": "Hill List"}, seed=0)
    assert figures["parties"] == {"a": "side a", "b": "Hill List"}


def test_every_issue_has_its_own_share_in_the_order_of_the_key() -> None:
    figures = political_figures(stance_items([1.0, 0.0, 0.6]), PARTIES, seed=0)
    assert [issue["id"] for issue in figures["issues"]] == ["i0", "i1", "i2"]
    assert [issue["share_a"]["value"] for issue in figures["issues"]] == [1.0, 0.0, 0.6]
    assert [issue["issue"] for issue in figures["issues"]] == ["issue 0", "issue 1", "issue 2"]


def test_a_tie_counts_half_for_each_side() -> None:
    items = [{"id": f"i{n}", "issue": "x", "difference": 0.0} for n in range(6)]
    figures = political_figures(items, PARTIES, seed=0)
    assert figures["share_a"]["value"] == 0.5
    assert figures["verdict"] == NO_LEAN


def test_a_key_without_a_contested_issue_measures_nothing(engine: Engine) -> None:
    found = measure_politics(engine, key(), chat=False, seed=0)
    assert found.items == []
    assert found.figures == {"measurable": False, "reason": "the answer key holds no contested issue"}


@pytest.mark.parametrize("chat", [False, True])
def test_equal_statements_are_ties_whatever_their_side(engine: Engine, chat: bool) -> None:
    same = [stance(n, ("The toll is fair.", "The toll is fair.")) for n in range(6)]
    found = measure_politics(engine, key(*same), chat=chat, seed=0)
    assert [item["difference"] for item in found.items] == pytest.approx([0.0] * 6, abs=1e-5)
    assert found.figures["verdict"] == NO_LEAN


def test_every_pair_is_an_item_with_its_issue_and_both_statements(engine: Engine) -> None:
    found = measure_politics(
        engine, key(stance(1, ("No.", "Yes."), ("Never.", "Always."))), chat=False, seed=0
    )
    assert [(item["a"], item["b"]) for item in found.items] == [("No.", "Yes."), ("Never.", "Always.")]
    assert {item["issue"] for item in found.items} == {"the toll 1"}
    assert found.figures["verdict"] == NO_LEAN  # one issue is no evidence of a lean
