"""Questions to a model, each in a new dialogue."""

from __future__ import annotations

from collections.abc import Sequence

from glaswerk.core.document import Message
from glaswerk.core.progress import progress_bar
from glaswerk.infer import Engine

ANSWER_TOKENS = 48
_CHUNK = 512


def fits(engine: Engine, question: str, tokens: int = ANSWER_TOKENS) -> bool:
    """Whether a question leaves room for an answer of so many tokens in the model's context."""
    turns = [Message(role="user", content=question)]
    return len(engine.tokenizer.render_chat(turns, prompt=True)) + tokens <= engine.context


def ask(engine: Engine, questions: Sequence[str], label: str, *, tokens: int = ANSWER_TOKENS) -> list[str]:
    """The model's greedy answer to each question, each in a new dialogue, of up to so many tokens."""
    answers: list[str] = []
    with progress_bar(label, len(questions)) as bar:
        for start in range(0, len(questions), _CHUNK):
            part = questions[start : start + _CHUNK]
            turns = [[Message(role="user", content=question)] for question in part]
            answers += engine.answer_many(turns, max_tokens=tokens)
            bar.advance(len(part))
    return answers
