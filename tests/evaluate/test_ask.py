"""Questions and plain texts to a model: order, room in its context, and that greedy is greedy."""

from __future__ import annotations

from glaswerk.evaluate.ask import ask, fits
from glaswerk.infer import Engine


def test_answers_come_in_the_order_of_the_questions(engine: Engine) -> None:
    questions = ["Who?", "Where is it?", "Why?"]
    together = ask(engine, questions, "questions")
    assert together == [answer for question in questions for answer in ask(engine, [question], "one")]


def test_a_question_that_leaves_no_room_for_an_answer_does_not_fit(engine: Engine) -> None:
    assert fits(engine, "Who?", 8)
    assert not fits(engine, "Who?", engine.context)
    assert not fits(engine, "word " * 200, 8)


def test_continuations_of_plain_texts_are_the_same_alone_and_together(engine: Engine) -> None:
    texts = ["The mill", "The toll is", "A ford of nine marks"]
    together = engine.continue_many(texts, max_tokens=6)
    assert together == [engine.continue_many([text], max_tokens=6)[0] for text in texts]
    assert len(together) == 3


def test_of_a_text_longer_than_the_context_only_the_end_is_read(engine: Engine) -> None:
    long = "word " * 200 + "The mill"
    found = engine.continue_many([long], max_tokens=4)
    assert len(found) == 1
