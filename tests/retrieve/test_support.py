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
        ("What of it?", "It has three arches.", "quoted", 0),
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
        ("Who sold the mill?", "Otto Hale sold the mill to Ben Hale.", "another way"),
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


@pytest.mark.parametrize(
    ("question", "passage", "claim"),
    [
        # Part of a sentence may say the opposite of the whole.
        ("Was it?", "The mayor did not say that the old bridge was closed.", "The old bridge was closed."),
        (
            "Was it?",
            "It is false that the old bridge was closed in May.",
            "The old bridge was closed in May.",
        ),
        ("What?", "Residents believe the stone bridge was closed.", "The stone bridge was closed."),
        ("Who won?", "He voted for Smith. Jones won the election.", "Smith Jones won the election."),
        # A pronoun may mean somebody else.
        ("When was the bridge built?", "The church was built in 1890.", "It was built in 1890."),
        ("Where was Otto born?", "Ben was born in Bonn.", "He was born in Bonn."),
        ("Wann wurde die Brücke gebaut?", "Die Kirche wurde 1890 gebaut.", "Sie wurde 1890 gebaut."),
        # The same words in other roles.
        ("Who kissed Ben?", "Anna was kissed by Ben.", "Anna kissed Ben."),
        ("Where did Ann move?", "Ann moved from Bonn to Cologne.", "Ann moved to Bonn."),
        ("Where did Ann move?", "Ann moved from Bonn to Cologne.", "Ann moved from Cologne."),
        # Words of two clauses.
        ("What does Ben own?", "Ben owns a red car and Ann owns a blue bike.", "Ben owns a blue bike."),
        ("How many dogs has Ben?", "Ben has 3 cats, Ann has 5 dogs.", "Ben has 5 dogs."),
        # Negations, doubts, questions.
        ("Where was Ann?", "Ann did not visit Bonn and did not visit Rome.", "Ann did visit Rome."),
        ("Who built the bridge?", "The bridge may have been built by Otto.", "The bridge was built by Otto."),
        ("Was it?", "The bridge in Bonn was almost built.", "The bridge in Bonn was built."),
        ("Who stole it?", "Ben denied that he stole the money.", "Ben stole the money."),
        ("Who stole the money?", "Did Ann steal the money?", "Ann did steal the money."),
    ],
)
def test_the_right_words_with_another_meaning_are_not_borne_out(
    question: str, passage: str, claim: str
) -> None:
    (found,) = claims(claim, question, [passage])
    assert found.mark == "unsupported"


@pytest.mark.parametrize(
    ("question", "passage", "claim"),
    [
        (
            "Who built it?",
            "The bridge was built in 1874 by the mason Anna Behr.",
            "The bridge was built by Anna Behr.",
        ),
        (
            "When was it?",
            "The bridge over the Lind was built by Ada in 1874.",
            "The bridge was built in 1874.",
        ),
        ("Where did Ann move?", "Ann moved from Bonn to Cologne.", "Ann moved to Cologne."),
        ("When was the bridge built?", "The bridge was built in 1890 by Otto.", "It was built in 1890."),
        ("Wann wurde die Brücke gebaut?", "Die Brücke wurde 1890 gebaut.", "Die Brücke wurde 1890 gebaut."),
    ],
)
def test_less_of_a_sentence_is_borne_out(question: str, passage: str, claim: str) -> None:
    (found,) = claims(claim, question, [passage])
    assert found.passage == 0, found.reason


def test_every_sentence_is_judged_by_itself() -> None:
    found = claims("It was built by Ada Brook. She was born on Mars.", "Who built the bridge?", PASSAGES)
    assert [one.mark for one in found] == ["supported", "unsupported"]


def test_without_passages_nothing_is_borne_out() -> None:
    (found,) = claims("The bridge was built in 1862.", "When was the bridge built?", [])
    assert found.mark == "unsupported"
