"""Verifiable rewards: prompts whose answers a rule can check, and that rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from glaswerk.core.document import Document
from glaswerk.core.text_match import contains_words, normalised
from glaswerk.train.batches.batches import Span
from glaswerk.train.objective.prompt_order import prompt_permutation


class Rewards(Protocol):
    """Prompts and the rule that checks what a model answers to them."""

    @property
    def name(self) -> str:
        """What the manifest calls them."""
        ...

    @property
    def size(self) -> int:
        """How many different prompts there are."""
        ...

    def prompts(self, step: int, count: int, seed: int) -> list[str]:
        """The prompts of a step, as a pure function of (seed, step)."""
        ...

    def reward(self, prompt: str, completion: str) -> float:
        """From 0 to 1; 1 is the full reward."""
        ...

    def spans(self, prompts: Iterable[str]) -> list[Span]:
        """The documents that these prompts were taken from; empty if they come from none."""
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
        """How many different prompts there are."""
        return len(self.signs) * (self.highest + 1) ** 2

    def prompts(self, step: int, count: int, seed: int) -> list[str]:
        """`count` random sums and products, as a pure function of (seed, step)."""
        chance = np.random.default_rng([seed, step])
        numbers = chance.integers(0, self.highest + 1, (count, 2))
        signs = chance.integers(0, len(self.signs), count)
        return [f"What is {a} {self.signs[sign]} {b}?" for (a, b), sign in zip(numbers, signs, strict=True)]

    def reward(self, prompt: str, completion: str) -> float:
        """1.0 if the last number of the completion is the result, else 0.0. Raises ValueError for a prompt
        without a sum or a product."""
        found = re.search(r"(\d+) ([+×]) (\d+)", prompt)
        if found is None:
            raise ValueError(f"no sum or product in {prompt!r}")
        left, right = int(found[1]), int(found[3])
        right_answer = left + right if found[2] == "+" else left * right
        numbers = re.findall(r"-?\d+", completion)
        return float(bool(numbers) and numbers[-1] == str(right_answer))

    def spans(self, prompts: Iterable[str]) -> list[Span]:
        """Empty: the prompts come from no document."""
        return []

    @property
    def documents(self) -> list[str]:
        """Empty: the prompts come from no document."""
        return []


@dataclass(frozen=True, slots=True)
class Known:
    """A fact about a subject: any of `answers` is right; facts of one `relation` are of the same kind."""

    subject: str
    relation: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt, the dialogue it was taken from, the right answers, and `rivals`: those of other subjects."""

    prompt: str
    span: Span
    answers: tuple[str, ...]
    rivals: tuple[str, ...]


class AnswerRewards:
    """Questions with a known answer. Full reward if the completion names it and no wrong one.

    A completion that names several answers of the requested kind gets nothing: otherwise listing all of them
    would earn the reward without knowing any.
    """

    def __init__(self, questions: Sequence[Question], name: str) -> None:
        self.name, self._questions = name, questions
        self._by_prompt = {question.prompt: question for question in questions}
        self.size = len(questions)

    def prompts(self, step: int, count: int, seed: int) -> list[str]:
        """Every question once before any is repeated, in a new order each round."""
        return [self._at(place, seed).prompt for place in range(step * count, (step + 1) * count)]

    def reward(self, prompt: str, completion: str) -> float:
        """1.0 if the completion names a right answer and no rival, else 0.0."""
        question = self._by_prompt[prompt]
        if not any(contains_words(completion, answer) for answer in question.answers):
            return 0.0
        return float(not any(contains_words(completion, rival) for rival in question.rivals))

    def spans(self, prompts: Iterable[str]) -> list[Span]:
        """The dialogues that these prompts were taken from."""
        return [self._by_prompt[prompt].span for prompt in prompts]

    @property
    def documents(self) -> list[str]:
        """Ids of the dialogues of all questions, in order."""
        return [question.span.document for question in self._questions]

    def _at(self, place: int, seed: int) -> Question:
        round_, index = divmod(place, self.size)
        return self._questions[int(prompt_permutation(round_, self.size, seed)[index])]


def questions_of(
    documents: Iterable[Document], facts: Sequence[Known], span_of: Callable[[str], Span]
) -> list[Question]:
    """The first questions of dialogues that ask for exactly one of `facts`, in the order of the documents.

    A question asks for a fact if it names the subject and the reply in the dialogue names an answer.
    """
    subjects: dict[str, list[Known]] = {}
    for fact in facts:
        subjects.setdefault(normalised(fact.subject), []).append(fact)
    found: dict[str, Question] = {}
    for document in documents:
        asked, answered = _first_exchange(document)
        words = f" {normalised(asked)} "
        named = [fact for subject, group in subjects.items() if f" {subject} " in words for fact in group]
        meant = [fact for fact in named if any(contains_words(answered, answer) for answer in fact.answers)]
        if len(meant) == 1 and asked not in found:
            rivals = _rivals(asked, meant[0], facts)
            found[asked] = Question(asked, span_of(document.id), meant[0].answers, rivals)
    return list(found.values())


def _first_exchange(document: Document) -> tuple[str, str]:
    """The user's first question and the reply; both empty if the dialogue begins in another way."""
    turns = [turn for turn in document.messages if turn["role"] != "system"][:2]
    if [turn["role"] for turn in turns] != ["user", "assistant"]:
        return "", ""
    return turns[0]["content"], turns[1]["content"]


def _rivals(prompt: str, meant: Known, facts: Sequence[Known]) -> tuple[str, ...]:
    """Answers right for other subjects, except those that the question or a right answer contains."""
    context = " ".join((prompt, *meant.answers))
    others = dict.fromkeys(a for fact in facts if fact.relation == meant.relation for a in fact.answers)
    return tuple(answer for answer in others if not contains_words(context, answer))
