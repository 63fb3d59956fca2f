"""Questions with choices and problems with equations come in as dialogues."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.dialogues.questions import turns_of_question

BIRDS = ["Mouse", "Sloth", "Frog"]
SHOWN = "Who sleeps?\nA) Mouse\nB) Sloth\nC) Frog"
EQUATION = {"lEquations": ["x=70-27"], "lSolutions": [43.0]}
KEYS = st.sampled_from(["question", "choices", "gold", "ans", "equation", "rationale"])


@pytest.mark.parametrize(
    ("row", "asked", "answered"),
    [
        ({"question": "Who sleeps?", "choices": BIRDS, "gold": 1}, SHOWN, "B) Sloth"),
        ({"query": "Who sleeps?", "choices": BIRDS, "answer": "Frog"}, SHOWN, "C) Frog"),
        (
            {"question": "2 + 3?", "options": ["A)4", "B)5"], "rationale": "Count on.", "correct": "B"},
            "2 + 3?\nA)4\nB)5",
            "Count on.\nB)5",
        ),
        ({"sQuestion": " 70 - 27? ", **EQUATION}, "70 - 27?", "x=70-27\n43"),
        ({"original_text": "A half?", "equation": "X=1/2", "ans": 0.5}, "A half?", "X=1/2\n0.5"),
    ],
)
def test_the_right_answer_follows_the_question(row: dict[str, Any], asked: str, answered: str) -> None:
    assert turns_of_question(row) == [
        {"role": "user", "content": asked},
        {"role": "assistant", "content": answered},
    ]


@pytest.mark.parametrize(
    "row",
    [
        {"question": "Who?", "choices": BIRDS, "gold": 3},
        {"question": "Who?", "choices": BIRDS, "gold": True},
        {"question": "Who?", "choices": BIRDS, "answer": "Cow"},
        {"question": "Who?", "choices": ["one"], "gold": 0},
        {"question": " ", "choices": BIRDS, "gold": 0},
        {"question": "How many?", "lSolutions": [], "lEquations": []},
        {"question": "How many?", "ans": 3},
    ],
)
def test_a_question_whose_answer_cannot_be_told_is_none(row: dict[str, Any]) -> None:
    assert turns_of_question(row) is None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=4,
)


@given(st.dictionaries(KEYS, VALUES))
def test_any_row_gives_turns_or_nothing(row: dict[str, Any]) -> None:
    turns = turns_of_question(row)
    assert turns is None or [turn["role"] for turn in turns] == ["user", "assistant"]
