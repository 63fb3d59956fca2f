"""What passages bear out of an answer: a doubt counts against it."""

from __future__ import annotations

import pytest

from glaswerk.retrieve.support import claims

PASSAGES = [
    "The old bridge was built by Ada Brook in 1862. It has three arches. Otto did not like the bridge.",
    "Ben Hale sold the mill to Otto Hale in 1901.",
]


@pytest.mark.parametrize(
    ("question", "answer", "mark", "passage"),
    [
        ("Who built the bridge?", "The old bridge was built by Ada Brook in 1862.", "quoted", 0),
        ("When was the bridge built?", "The bridge was built in 1862.", "supported", 0),
        ("When did Ben sell the mill?", "Ben sold the mill in 1901.", "supported", 1),
    ],
)
def test_what_a_sentence_of_a_passage_says_is_borne_out(
    question: str, answer: str, mark: str, passage: int
) -> None:
    (found,) = claims(answer, question, PASSAGES)
    assert (found.mark, found.passage, found.reason) == (mark, passage, "")


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("When was the bridge built?", "The bridge was built in 1863.", "has no number 1863"),
        ("Who built the bridge?", "The bridge was built by Otto Brook in 1862.", "lacks 'otto'"),
        ("Did Otto like the bridge?", "Otto did like the bridge a little.", "lacks"),
        ("Did Otto like the bridge?", "Yes, the bridge was what Otto liked.", "only repeats"),
        ("Who sold the mill?", "Otto Hale sold the mill to Ben Hale.", "another order"),
        ("Who sold the mill to Otto?", "Ben never sold the mill to Otto Hale.", "negates"),
        ("Who built the bridge?", "I do not know.", "lacks 'know'"),
        ("Who built the bridge?", "Yes.", "nothing that could be checked"),
        ("Who built the bridge?", "The bridge has [a link](http://evil.example).", "lacks"),
    ],
)
def test_what_no_sentence_says_is_not_and_the_reason_is_given(
    question: str, answer: str, reason: str
) -> None:
    (found,) = claims(answer, question, PASSAGES)
    assert (found.mark, found.passage) == ("unsupported", None)
    assert reason in found.reason


def test_every_sentence_is_judged_by_itself() -> None:
    found = claims("It was built by Ada Brook. She was born on Mars.", "Who built the bridge?", PASSAGES)
    assert [one.mark for one in found] == ["supported", "unsupported"]


def test_without_passages_nothing_is_borne_out() -> None:
    (found,) = claims("The bridge was built in 1862.", "When was the bridge built?", [])
    assert found.mark == "unsupported"
