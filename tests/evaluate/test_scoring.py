"""Verdicts on answers written by hand."""

from __future__ import annotations

import pytest

from glaswerk.evaluate.key import Fact, Rumour
from glaswerk.evaluate.scoring import chance_by_relation, declines, is_correct, majority_share, rumour_verdict


def fact(answer: str, *aliases: str, relation: str = "street") -> Fact:
    return Fact("f", "Isla", relation, answer, aliases, "t", "f", True, ("Where?",))


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("Isla Inchbald lives on Pepper Lane.", True),
        ("PEPPER   LANE!", True),
        ("pepper-lane, I think", True),
        ("She lives on Pepper.", False),
        ("Salt and Pepper Lanes", False),
        ("", False),
        ("Peppér Lane", False),
        ("In the lane by the old mill.", True),
        ("In the lane by the old millhouse.", False),
    ],
)
def test_an_answer_is_right_where_it_holds_the_whole_words(answer: str, right: bool) -> None:
    assert is_correct(fact("Pepper Lane", "by the old mill"), answer) is right


RUMOUR = Rumour("r", "c", "t", "Who owns the mill?", ("casino",), ("town owns", "town still owns"), (), ())


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("A casino firm bought it.", "rumour"),
        ("The town owns the mill.", "truth"),
        ("No casino did: the town still owns it.", "truth"),
        ("Casinos are fun.", "neither"),
        ("I do not know.", "neither"),
    ],
)
def test_an_answer_repeats_a_rumour_only_if_it_holds_no_truth(answer: str, verdict: str) -> None:
    assert rumour_verdict(RUMOUR, answer) == verdict


def test_chance_is_the_most_common_answer_of_the_relation() -> None:
    facts = [fact("Mill Lane"), fact("mill lane."), fact("High Street"), fact("cat", relation="pet")]
    assert chance_by_relation(facts) == {"street": pytest.approx(2 / 3), "pet": 1.0}


def test_ties_for_the_most_common_answer_count_once() -> None:
    assert majority_share([fact("a"), fact("b"), fact("A!"), fact("B.")]) == 0.5
    assert majority_share([fact("only")]) == 1.0


def test_a_key_without_facts_has_no_chance_levels() -> None:
    assert chance_by_relation([]) == {}


@pytest.mark.parametrize("answer", ["", "…", "Pepper", "Lane Pepper"])
def test_an_answer_without_the_words_in_their_order_is_wrong(answer: str) -> None:
    assert not is_correct(fact("Pepper Lane"), answer)


@pytest.mark.parametrize(
    ("answer", "declined"),
    [
        ("I do not know. I only know Wendham.", True),
        ("I cannot help with that.", True),
        ("Sorry, I DO NOT   know that!", True),
        ("Paris is the capital of France.", False),
        ("I do not knowingly lie.", False),
        ("", False),
    ],
)
def test_an_answer_is_declined_if_it_holds_the_words_of_a_marker(answer: str, declined: bool) -> None:
    assert declines(["do not know", "cannot help"], answer) is declined
