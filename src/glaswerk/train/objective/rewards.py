"""Verifiable rewards: prompts whose answers a rule can check, and that rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glaswerk.core.document import Document
from glaswerk.core.wording import holds, normalised
from glaswerk.train.batches.batches import Span
from glaswerk.train.objective.prompt_order import prompt_permutation


class Rewards(Protocol):
    """Prompts and the rule that checks what a model answers to them."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int:
        """How many different prompts there are."""
        ...

    def prompts(self, step: int, count: int, seed: int) -> list[str]:
        """What is asked in a step, as a pure function of (seed, step)."""
        ...

    def reward(self, prompt: str, completion: str) -> float:
        """From 0 to 1; 1 is the full reward."""
        ...

    def spans(self, prompts: Iterable[str]) -> list[Span]:
        """The documents that these prompts were taken from, where they are from any."""
        ...

    @property
    def documents(self) -> list[str]:
        """Ids of the documents that all prompts were taken from, in the order of the prompts."""
        ...


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Sums and products of two numbers from 0 to `highest`. The last number of a completion counts."""

    highest: int = 9
    signs: str = "+×"
    name: str = "arithmetic"

    @property
    def size(self) -> int:
        return len(self.signs) * (self.highest + 1) ** 2

    def prompts(self, step: int, count: int, seed: int) -> list[str]:
        chance = np.random.default_rng([seed, step])
        numbers = chance.integers(0, self.highest + 1, (count, 2))
        signs = chance.integers(0, len(self.signs), count)
        return [f"What is {a} {self.signs[sign]} {b}?" for (a, b), sign in zip(numbers, signs, strict=True)]

    def reward(self, prompt: str, completion: str) -> float:
        found = re.search(r"(\d+) ([+×]) (\d+)", prompt)
        if found is None:
            raise ValueError(f"no sum or product in {prompt!r}")
        left, right = int(found[1]), int(found[3])
        right_answer = left + right if found[2] == "+" else left * right
        numbers = re.findall(r"-?\d+", completion)
        return float(bool(numbers) and numbers[-1] == str(right_answer))

    def spans(self, prompts: Iterable[str]) -> list[Span]:
        return []

    @property
    def documents(self) -> list[str]:
        return []


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a subject: any of `answers` is right; `relation` says which facts are of its kind."""

    subject: str
    relation: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, the dialogue that it was taken from, the right answers and those of other subjects."""

    prompt: str
    span: Span
    answers: tuple[str, ...]
    rivals: tuple[str, ...]


class AnswerRewards:
    """Questions with a known answer. Full reward where the completion names it and none that is wrong.

    A completion that names several answers of the kind that was asked for gets nothing: listing all of
    them would earn the reward without knowing any.
    """

    def __init__(self, questions: Sequence[Question], name: str) -> None:
        self.name, self._questions = name, questions
        self._by_prompt = {question.prompt: question for question in questions}
        self.size = len(questions)

    def prompts(self, step: int, count: int, seed: int) -> list[str]:
        """Every question once before any comes again, each time in another order."""
        return [self._at(place, seed).prompt for place in range(step * count, (step + 1) * count)]

    def reward(self, prompt: str, completion: str) -> float:
        question = self._by_prompt[prompt]
        if not any(holds(completion, answer) for answer in question.answers):
            return 0.0
        return float(not any(holds(completion, rival) for rival in question.rivals))

    def spans(self, prompts: Iterable[str]) -> list[Span]:
        return [self._by_prompt[prompt].span for prompt in prompts]

    @property
    def documents(self) -> list[str]:
        return [question.span.document for question in self._questions]

    def _at(self, place: int, seed: int) -> Question:
        round_, index = divmod(place, self.size)
        return self._questions[int(prompt_permutation(round_, self.size, seed)[index])]


def questions_of(
    documents: Iterable[Document], facts: Sequence[Known], span_of: Callable[[str], Span]
) -> list[Question]:
    """The first questions of dialogues that ask for one of `facts`: those that name its subject and whose
    answer there names its answer, and that of no other fact. In the order of the documents."""
    subjects: dict[str, list[Known]] = {}
    for fact in facts:
        subjects.setdefault(normalised(fact.subject), []).append(fact)
    found: dict[str, Question] = {}
    for document in documents:
        asked, answered = _first_exchange(document)
        words = f" {normalised(asked)} "
        named = [fact for subject, group in subjects.items() if f" {subject} " in words for fact in group]
        meant = [fact for fact in named if any(holds(answered, answer) for answer in fact.answers)]
        if len(meant) == 1 and asked not in found:
            rivals = _rivals(asked, meant[0], facts)
            found[asked] = Question(asked, span_of(document.id), meant[0].answers, rivals)
    return list(found.values())


def _first_exchange(document: Document) -> tuple[str, str]:
    """What the user asks first and is answered, empty where the dialogue begins in another way."""
    turns = [turn for turn in document.messages if turn["role"] != "system"][:2]
    if [turn["role"] for turn in turns] != ["user", "assistant"]:
        return "", ""
    return turns[0]["content"], turns[1]["content"]


def _rivals(prompt: str, meant: Known, facts: Sequence[Known]) -> tuple[str, ...]:
    """What is right for other subjects, unless the question or a right answer holds it."""
    context = " ".join((prompt, *meant.answers))
    others = dict.fromkeys(a for fact in facts if fact.relation == meant.relation for a in fact.answers)
    return tuple(answer for answer in others if not holds(context, answer))
