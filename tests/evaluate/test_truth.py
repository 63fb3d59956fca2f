"""Truth: preferences, answers and rumours, and how they are added up."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.evaluate.ask import ANSWER_TOKENS, ask
from glaswerk.evaluate.key import Fact, OutsideQuestion, Rumour
from glaswerk.evaluate.truth import (
    answer_figures,
    measure_answers,
    measure_outside,
    measure_rumours,
    measure_statements,
    preference,
)
from glaswerk.infer import Engine


def fact(number: int, true: str = "The toll is one mark.", false: str = "The toll is two marks.") -> Fact:
    return Fact(
        f"f{number}", f"s{number}", "toll", "one", (), true, false, number % 2 == 0, ("Toll?", "How much?")
    )


@pytest.mark.parametrize(("gap", "value"), [(0.1, 1.0), (-0.1, 0.0), (0.0, 0.5), (math.inf, 1.0)])
def test_the_likelier_statement_is_preferred_and_a_tie_is_half(gap: float, value: float) -> None:
    assert preference(gap) == value


@given(st.floats(allow_nan=False))
def test_swapping_both_statements_mirrors_the_preference(gap: float) -> None:
    assert preference(gap) + preference(-gap) == 1.0


def test_answers_are_split_by_tuning_and_relation_with_the_majority_as_chance() -> None:
    items = [
        {"id": f"f{i}", "subject": f"s{i // 2}", "relation": relation, "tuned": i < 20, "verdict": verdict}
        for i in range(40)
        for relation, verdict in [("street", "right") if i % 2 else ("pet", "wrong" if i < 30 else "right")]
    ]
    figures = answer_figures(items, {"street": 0.2, "pet": 0.6}, seed=0)
    assert figures["all"]["value"] == pytest.approx(25 / 40)
    assert figures["all"]["clusters"] == 20
    assert figures["all"]["chance"] == pytest.approx(0.4)
    assert figures["tuned"]["value"] == pytest.approx(0.5)
    assert figures["untuned"]["value"] == pytest.approx(15 / 20)
    assert figures["relations"]["street"]["chance"] == pytest.approx(0.2)
    assert figures["relations"]["street"]["method"] == "exact"
    all_tuned = answer_figures([i for i in items if i["tuned"]], {"street": 0.2, "pet": 0.6}, seed=0)
    assert all_tuned["untuned"]["measurable"] is False


def test_a_relation_without_a_question_and_a_key_without_a_fact_are_gaps(engine: Engine) -> None:
    for found in (measure_statements(engine, [], seed=0), measure_answers(engine, [], seed=0)):
        assert found.figures == {"measurable": False, "reason": "the answer key holds no fact"}
        assert found.items == []
    assert measure_rumours(engine, [], seed=0).figures["reason"] == "the answer key holds no rumour"


def test_statements_are_scored_with_their_tokens_and_the_gap_between_them(engine: Engine) -> None:
    facts = [
        fact(n, true=f"The toll number {n} is one.", false=f"The toll number {n} is two.") for n in range(6)
    ]
    found = measure_statements(engine, facts, seed=0)
    assert [item["id"] for item in found.items] == [one.id for one in facts]
    for item in found.items:
        assert item["gap"] == item["log_probability_true"] - item["log_probability_false"]
        assert item["tokens_true"] == len(engine.tokenizer.encode(item["true"]))
        assert item["log_probability_true"] < 0
        assert (item["gap"] > 0) is (item["verdict"] == "true preferred")
    preferred = sum(item["verdict"] == "true preferred" for item in found.items)
    assert found.figures["sum"]["value"] == pytest.approx(preferred / 6)
    assert found.figures["sum"]["chance"] == 0.5


def test_equal_statements_are_ties(engine: Engine) -> None:
    found = measure_statements(engine, [fact(n, "Same.", "Same.") for n in range(6)], seed=0)
    assert {item["verdict"] for item in found.items} == {"tie"}
    assert found.figures["same_length"]["value"] == 0.5


def test_without_a_pair_of_one_length_that_comparison_is_a_gap(engine: Engine) -> None:
    facts = [fact(n, "One.", "One and many more words than that, by the ford.") for n in range(6)]
    assert measure_statements(engine, facts, seed=0).figures["same_length"] == {
        "measurable": False,
        "reason": "no pair has two statements of the same number of tokens",
    }


def test_every_held_out_question_is_asked_and_judged(engine: Engine) -> None:
    facts = [fact(n) for n in range(5)]
    found = measure_answers(engine, facts, seed=0)
    assert [(item["id"], item["question"]) for item in found.items] == [
        (one.id, question) for one in facts for question in one.questions
    ]
    assert {item["verdict"] for item in found.items} <= {"right", "wrong"}
    assert found.figures["all"]["n"] == 10
    assert found.figures["all"]["clusters"] == 5
    assert found.figures["all"]["chance"] == 1.0  # all facts have the same answer


def test_the_chance_level_is_that_of_the_whole_key_and_not_of_a_sample(engine: Engine) -> None:
    others = [Fact(f"g{n}", f"t{n}", "toll", f"{n}", (), "x", "y", True, ("?",)) for n in range(5)]
    found = measure_answers(engine, [fact(n) for n in range(5)], seed=0, all_facts=[fact(0), *others])
    assert found.figures["all"]["chance"] == pytest.approx(1 / 6)


def test_verdicts_on_rumours_add_up_to_one(engine: Engine) -> None:
    rumours = [Rumour(f"r{n}", "Sold.", "Kept.", "Who?", ("sold",), ("kept",), (), ()) for n in range(6)]
    found = measure_rumours(engine, rumours, seed=0)
    shares = [found.figures[verdict]["value"] for verdict in ("rumour", "truth", "neither")]
    assert sum(shares) == pytest.approx(1)
    assert [item["id"] for item in found.items] == [rumour.id for rumour in rumours]


def test_questions_are_answered_in_order_each_on_its_own(engine: Engine) -> None:
    questions = ["Toll?", "Where is the mill?", "Toll?"]
    answers = ask(engine, questions, "asking")
    assert len(answers) == 3
    assert answers[0] == answers[2]
    assert all(len(engine.tokenizer.encode(answer)) <= ANSWER_TOKENS + 1 for answer in answers)
    assert ask(engine, [], "asking") == []


def test_figures_of_no_question_about_a_part_say_which() -> None:
    items: list[dict[str, Any]] = [
        {"id": f"f{n}", "subject": f"s{n}", "relation": "toll", "tuned": True, "verdict": "right"}
        for n in range(6)
    ]
    figures = answer_figures(items, {"toll": 0.2}, seed=0)
    assert figures["untuned"]["reason"].endswith("a subject outside the chats")
    assert figures["relations"]["toll"]["value"] == 1.0


def test_corrections_are_counted_apart_for_rumours_of_the_dialogues(engine: Engine) -> None:
    rumours = [
        Rumour(f"r{n}", "Sold.", "Kept.", "Who?", ("sold",), ("kept",), (), (), tuned=n < 5) for n in range(6)
    ]
    figures = measure_rumours(engine, rumours, seed=0).figures
    assert (figures["truth_tuned"]["n"], figures["truth_untuned"]["n"]) == (5, 1)
    none = measure_rumours(engine, rumours[:5], seed=0).figures["truth_untuned"]
    assert none["reason"] == "the answer key holds no such rumour"


def test_every_question_out_of_scope_is_asked_and_what_is_not_declined_counts_as_made_up(
    engine: Engine,
) -> None:
    questions = [OutsideQuestion(f"o{n}", f"What is {n}?") for n in range(5)]
    found = measure_outside(engine, questions, ["do not know"], seed=0)
    assert [(item["id"], item["question"]) for item in found.items] == [(q.id, q.question) for q in questions]
    # An untrained network declines nothing.
    assert {item["verdict"] for item in found.items} == {"made up"}
    assert (found.figures["declined"]["value"], found.figures["declined"]["n"]) == (0.0, 5)


def test_a_key_without_questions_out_of_scope_measures_no_declining(engine: Engine) -> None:
    found = measure_outside(engine, [], [], seed=0)
    assert found.figures["reason"] == "the answer key holds no question outside its scope"
