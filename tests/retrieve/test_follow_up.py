"""Questions of a conversation get the words that their pronouns stand for."""

from __future__ import annotations

import pytest

from glaswerk.retrieve.follow_up import resolved
from glaswerk.retrieve.terms import words


@pytest.mark.parametrize(
    ("earlier", "question", "added"),
    [
        (["Who built the old bridge?"], "And where is it?", {"built", "old", "bridge"}),
        (["Wer baute die alte Brücke?"], "Und wo ist sie?", {"baute", "alte", "brücke"}),
        (["Where does Ada Brook live?"], "What about Ben Hale?", {"live"}),
        (["Who built the old bridge?", "When was that?"], "And why?", {"built", "old", "bridge"}),
    ],
)
def test_what_it_points_at_is_added(earlier: list[str], question: str, added: set[str]) -> None:
    found = resolved(question, earlier)
    assert found.startswith(question)
    assert added == set(words(found)) - set(words(question))


@pytest.mark.parametrize(
    "question", ["When did the mill burn down?", "Who is Otto Hale?", "Does Ada Brook like her new house?"]
)
def test_a_question_that_says_enough_stays_as_it_is(question: str) -> None:
    assert resolved(question, ["Who built the old bridge?"]) == question


def test_the_first_question_has_nothing_to_point_at() -> None:
    assert resolved("And where is it?", []) == "And where is it?"
