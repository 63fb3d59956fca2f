"""Rules that check answers: sums, and facts of an answer key."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.document import Document, Rights
from glaswerk.train.batches.batches import Span
from glaswerk.train.objective.rewards import AnswerRewards, Arithmetic, Known, questions_of


@given(st.integers(0, 9), st.integers(0, 9), st.sampled_from("+×"), st.integers(-5, 200))
@settings(deadline=None)
def test_only_the_result_of_a_sum_is_rewarded(left: int, right: int, sign: str, said: int) -> None:
    result = left + right if sign == "+" else left * right
    assert Arithmetic().reward(f"What is {left} {sign} {right}?", f"It is {said}.") == float(said == result)


@given(st.integers(0, 50), st.integers(1, 20), st.integers(0, 9))
@settings(deadline=None)
def test_sums_are_a_function_of_seed_and_step_and_can_all_be_checked(
    step: int, count: int, seed: int
) -> None:
    rewards = Arithmetic()
    asked = rewards.prompts(step, count, seed)
    assert len(asked) == count
    assert asked == rewards.prompts(step, count, seed)
    assert all(rewards.reward(prompt, "no idea") == 0 for prompt in asked)
    assert rewards.spans(asked) == []


@pytest.mark.parametrize(("highest", "signs", "size"), [(9, "+×", 200), (0, "+", 1), (99, "×", 10_000)])
def test_the_size_is_the_number_of_different_prompts(highest: int, signs: str, size: int) -> None:
    rewards = Arithmetic(highest, signs)
    assert rewards.size == size
    assert rewards.documents == []


def test_a_prompt_without_a_sum_is_an_error() -> None:
    with pytest.raises(ValueError, match="no sum or product in 'Hello'"):
        Arithmetic().reward("Hello", "7")


def _dialogue(name: str, *turns: tuple[str, str]) -> Document:
    messages = tuple({"role": role, "content": content} for role, content in turns)
    return Document(name, "chats", "", Rights("CC0-1.0"), kind="dialogue", messages=messages)  # type: ignore[arg-type]


def _span(name: str) -> Span:
    return Span("chat", name, 0, len(name))


FACTS = (
    Known("Ida Moor", "trade", ("miller", "owner of the mill")),
    Known("Ida Moor", "town", ("Nordby",)),
    Known("Jon Ek", "trade", ("smith",)),
    Known("Élodie Ström", "trade", ("baker",)),
)
ASKED = ("user", "What does Ida Moor do?")
SAID = ("assistant", "She is a miller.")


def _prompts(*dialogues: Document) -> list[str]:
    return [question.prompt for question in questions_of(dialogues, FACTS, _span)]


def test_a_system_message_before_the_question_is_passed_over() -> None:
    assert _prompts(_dialogue("1", ("system", "Be brief."), ASKED, SAID)) == [ASKED[1]]


@pytest.mark.parametrize(
    "turns",
    [
        (),
        (ASKED,),
        (SAID, ASKED),
        (ASKED, ASKED, SAID),
        (("system", "Be brief."),),
        (ASKED, ("assistant", "I do not know.")),
        (("user", "What does she do?"), SAID),
        (("user", "What does Ida Moorland do?"), SAID),
        (("user", "Who is Ida Moor?"), ("assistant", "A miller from Nordby.")),
    ],
)
def test_a_dialogue_that_does_not_ask_for_one_fact_is_left_out(turns: tuple[tuple[str, str], ...]) -> None:
    assert _prompts(_dialogue("1", *turns)) == []


def test_the_same_question_in_two_dialogues_is_one_with_the_first_span() -> None:
    (question,) = questions_of([_dialogue(n, ASKED, SAID) for n in ("first", "second")], FACTS, _span)
    assert question.span.document == "first"


def test_case_and_punctuation_do_not_matter() -> None:
    loud = _dialogue("1", ("user", "WHAT does ida moor DO?!"), ("assistant", "a MILLER!"))
    assert _prompts(loud) == ["WHAT does ida moor DO?!"]


def test_names_in_any_script_are_found() -> None:
    asked = _dialogue("1", ("user", "Que fait Élodie Ström ?"), ("assistant", "She is a baker."))
    assert _prompts(asked) == ["Que fait Élodie Ström ?"]


def test_rivals_are_the_answers_of_the_same_kind_for_others() -> None:
    (question,) = questions_of([_dialogue("1", ASKED, SAID)], FACTS, _span)
    assert question.answers == ("miller", "owner of the mill")
    assert question.rivals == ("smith", "baker")


def test_what_the_question_names_itself_is_no_rival() -> None:
    asked = ("user", "Is Ida Moor a smith or what does she do?")
    (question,) = questions_of([_dialogue("1", asked, SAID)], FACTS, _span)
    assert question.rivals == ("baker",)


def _rewards(count: int) -> AnswerRewards:
    facts = [Known(f"Person {i}", "trade", (f"trade{i}",)) for i in range(count)]
    dialogues = [
        _dialogue(f"c{i}", ("user", f"What does Person {i} do?"), ("assistant", f"trade{i}"))
        for i in range(count)
    ]
    return AnswerRewards(questions_of(dialogues, facts, _span), "key")


@given(st.integers(1, 9), st.integers(1, 5), st.integers(0, 9))
@settings(deadline=None)
def test_each_round_asks_every_question_once(size: int, count: int, seed: int) -> None:
    rewards = _rewards(size)
    asked = [prompt for step in range(size) for prompt in rewards.prompts(step, count, seed)]
    for round_ in range(count):
        assert len(set(asked[round_ * size : (round_ + 1) * size])) == size
    assert set(Counter(asked).values()) == {count}


def test_spans_follow_the_prompts_and_documents_the_questions() -> None:
    rewards = _rewards(3)
    asked = rewards.prompts(0, 3, 1)
    assert [f"What does Person {span.document[1:]} do?" for span in rewards.spans(asked)] == asked
    assert rewards.documents == ["c0", "c1", "c2"]


@pytest.mark.parametrize(
    ("said", "reward"),
    [("trade1", 1.0), ("TRADE1.", 1.0), ("trade1 trade2", 0.0), ("trade11", 0.0), ("", 0.0), ("trade0", 0.0)],
)
def test_the_right_answer_alone_is_rewarded(said: str, reward: float) -> None:
    assert _rewards(3).reward("What does Person 1 do?", said) == reward
