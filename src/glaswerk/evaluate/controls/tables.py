"""The measures that controls try, each as a table (topics, frames) of differences a - b in nats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glaswerk.core.document import Message
from glaswerk.evaluate.controls.plant import QUESTION
from glaswerk.evaluate.tasks.pairs import heads, leans
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task

Floats = np.ndarray[Any, np.dtype[np.float64]]
Pair = tuple[str, str, str]
FAMILIAR, CHAT, LEAN = "familiarity", "chat_familiarity", "lean"
TITLES = {
    FAMILIAR: "Familiarity: likelihood of the bare statements",
    CHAT: "Familiarity in a chat: likelihood as an answer",
    LEAN: "Lean: what frames of agreement add",
}


def tables(task: Task, pairs: Sequence[Pair], scorer: Scorer) -> dict[str, Floats]:
    """Every measure that the model allows, by name."""
    found = {FAMILIAR: familiarity(pairs, scorer), LEAN: leans(task, pairs, heads(task, "frames"), scorer)}
    if scorer.chat:
        found[CHAT] = _in_chat(pairs, scorer)
    return found


def familiarity(pairs: Sequence[Pair], scorer: Scorer) -> Floats:
    """Log-likelihood of a less that of b, each alone, (topics, 1)."""
    texts = [("", text) for _, *both in pairs for text in both]
    return _differences([score.log_probability for score in scorer.scores(texts, "statements")])


def _in_chat(pairs: Sequence[Pair], scorer: Scorer) -> Floats:
    asked = [
        ([Message(role="user", content=QUESTION.format(topic=topic))], text)
        for topic, *both in pairs
        for text in both
    ]
    return _differences([score.log_probability for score in scorer.engine.chat_log_likelihoods(asked)])


def _differences(values: Sequence[float]) -> Floats:
    both = np.array(values).reshape(-1, 2)
    difference: Floats = both[:, :1] - both[:, 1:]
    return difference
