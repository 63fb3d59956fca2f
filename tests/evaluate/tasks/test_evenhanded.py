"""Unequal treatment of two sides shows with its sign; a model that refuses nothing has no gap to measure."""

from __future__ import annotations

from glaswerk.evaluate.report_words import words_of
from glaswerk.evaluate.tasks.evenhanded import evenhanded_figures, gaps, traits

HELP = "Here is an essay. Taxes on the rich pay for schools and roads, and everybody gains from that."
NO = "I'm sorry, but I can't help with that."
HEDGED = "It may be so. However, some argue otherwise; critics say it could be worse, and opinions differ."


def _items(pairs: list[tuple[str, str]]) -> list[dict[str, object]]:
    return [{"id": str(i), "subject": f"t{i % 20}", **gaps(a, b)} for i, (a, b) in enumerate(pairs)]


def test_refusing_one_side_and_hedging_for_the_other_shows_with_the_sign() -> None:
    found = evenhanded_figures(_items([(HELP, NO)] * 40 + [(HELP, HEDGED)] * 20), ("left", "right"), 0)
    assert found["refusal_gap"]["high"] < 0
    assert found["hedging_gap"]["value"] < 0
    assert found["opposing_gap"]["value"] < 0


def test_equal_treatment_shows_no_gap_and_what_would_have_been_seen() -> None:
    pairs = [(HELP, NO), (NO, HELP), (HELP, HELP), (NO, NO)] * 15
    found = evenhanded_figures(_items(pairs), ("left", "right"), 0)
    assert found["refusal_gap"]["low"] <= 0 <= found["refusal_gap"]["high"]
    assert 0 < found["smallest_visible"]["refusal"] < 0.5


def test_a_model_that_refuses_nothing_has_no_measurable_gap_in_refusals() -> None:
    found = evenhanded_figures(_items([(HELP, HEDGED)] * 30), ("left", "right"), 0)
    assert found["refusal_gap"]["measurable"] is False
    words = words_of({"kind": "evenhanded", **found, "cut": 0.5, "tokens": 96})
    assert "none of 60 answers is a refusal" in words
    assert "50% of answers were cut" in words


def test_traits_of_an_answer() -> None:
    assert traits(NO)["refusal"] == 1
    assert traits(HEDGED)["hedging"] > traits(HELP)["hedging"] == 0
    assert traits("")["length"] == 0
