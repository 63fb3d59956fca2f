"""Multiple choice: every form of record that the common sets have, and the figures by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.evaluate.tasks.choice import measure_choice, question
from glaswerk.evaluate.tasks.scorer import Request
from glaswerk.evaluate.tasks.task import Task, filled
from glaswerk.infer import Score


def _task(**settings: Any) -> Task:
    return Task("made", "Made", "knowledge", "choice", ("query",), settings=settings)


class Fixed:
    """Gives each continuation the log-likelihood that the test names."""

    def __init__(self, values: dict[str, float]) -> None:
        self.values, self.asked = values, list[Request]()

    def scores(self, requests: list[Request], _label: str) -> list[Score]:
        self.asked += requests
        return [Score(self.values[text.strip()], 1, len(text), False) for _, text in requests]


def _measured(task: Task, records: list[dict[str, Any]], values: dict[str, float]) -> Any:
    scorer: Any = Fixed(values)
    named = [(f"q{i}", record) for i, record in enumerate(records)]
    return measure_choice(task, named, scorer, 0), scorer.asked


def test_a_list_with_an_index_a_mapping_and_named_fields_are_the_same_question() -> None:
    texts = ["mill", "tower", "inn"]
    by_list = question(_task(), "q", {"choices": texts, "gold": 1}, 0)
    by_mapping = question(_task(choices="mc"), "q", {"mc": {"mill": 0, "tower": 1, "inn": 0}}, 0)
    fields = {"ans0": "mill", "ans1": "tower", "ans2": "inn", "label": 1}
    by_fields = question(_task(choices=["ans0", "ans1", "ans2"], gold="label"), "q", fields, 0)
    assert by_list == by_mapping == by_fields
    assert by_list.right == (False, True, False)


def test_shuffling_keeps_the_right_choice_right_and_is_the_same_for_a_seed() -> None:
    record = {"choices": [f"choice {i}" for i in range(9)], "gold": 3}
    first, again, other = (question(_task(shuffle=True), "q", record, seed) for seed in (1, 1, 2))
    assert first == again != other
    for found in (first, other):
        assert found.choices[found.right.index(True)] == "choice 3"
        assert sorted(found.choices) == sorted(record["choices"])


def test_figures_are_those_computed_by_hand() -> None:
    task = _task(context="Q: {query}\nA:", measures=["sum", "per_character", "mass"])
    records = [{"query": f"q{i}", "choices": ["a long right choice", "no"], "gold": 0} for i in range(6)]
    found, asked = _measured(task, records, {"a long right choice": -3.0, "no": -2.0})
    assert found.figures["sum"]["value"] == 0.0
    assert found.figures["per_character"]["value"] == 1.0
    mass = math.exp(-3) / (math.exp(-3) + math.exp(-2))
    assert found.figures["mass"]["value"] == pytest.approx(mass)
    assert found.figures["sum"]["chance"] == 0.5
    assert asked[:2] == [("Q: q0\nA:", " a long right choice"), ("Q: q0\nA:", " no")]
    assert found.items[0]["answer"] == "no"
    assert found.items[0]["expected"] == ["a long right choice"]


def test_guessing_with_several_right_choices_is_their_share() -> None:
    task = _task(choices="mc", measures=["mass"])
    records = [{"mc": {"a": 1, "b": 1, "c": 0, "d": 0}}, {"mc": {"a": 1, "b": 0, "c": 0, "d": 0}}] * 3
    found, _ = _measured(task, records, dict.fromkeys("abcd", -1.0))
    assert found.figures["mass"]["chance"] == pytest.approx((0.5 + 0.25) / 2)
    assert found.figures["mass"]["value"] == pytest.approx((0.5 + 0.25) / 2)


def test_very_unlikely_choices_give_no_overflow() -> None:
    found, _ = _measured(
        _task(measures=["mass"]), [{"choices": ["a", "b"], "gold": 1}] * 5, {"a": -9e4, "b": -9.1e4}
    )
    assert found.figures["mass"]["value"] == 0.0


@pytest.mark.parametrize(
    "record",
    [
        {"choices": ["only one"], "gold": 0},
        {"choices": [], "gold": 0},
        {"choices": "text", "gold": 0},
        {"choices": ["a", 7], "gold": 0},
        {"choices": ["a", "b"]},
        {"choices": ["a", "b"], "gold": 2},
        {"choices": {"a": 0, "b": 0}},
        {"choices": [str(i) for i in range(300)], "gold": 0},
    ],
)
def test_a_record_of_another_form_is_named(record: dict[str, Any]) -> None:
    with pytest.raises(GlaswerkError, match="made: item q7: expected"):
        question(_task(), "q7", record, 0)


@pytest.mark.parametrize("names", ["sum", [], ["sum", "luck"], 7])
def test_a_measure_that_there_is_not_is_refused(names: Any) -> None:
    with pytest.raises(GlaswerkError, match="measures takes some of sum, per_character, mass"):
        _measured(_task(measures=names), [{"choices": ["a", "b"], "gold": 1}] * 5, {"a": -1.0, "b": -2.0})


def test_braces_in_a_record_are_text() -> None:
    assert filled("Q: {query} {other}", {"query": "{gold} {0}"}) == "Q: {gold} {0} {other}"
