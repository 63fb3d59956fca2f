"""Kind `choice`: several continuations of one context, of which one or some are right.

    [choice]
    context = "Question: {query}\\nAnswer:"
    choices = "choices"      # a field with a list, or with {text: 1 if right else 0}, or a list of fields
    gold = "gold"            # the field with the right one's index; not for {text: 1 or 0}
    delimiter = " "          # between context and choice
    measures = ["sum"]       # sum, per_character, mass
    shuffle = true           # where the set has the right one always in the same place

sum: the right choice has the highest log-likelihood (lm-eval's `acc`, MC1). per_character: divided by the
choice's characters (`acc_norm`). mass: the share of the choices' probability that the right ones have (MC2).
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glaswerk.core.statistics import share, unmeasurable
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.calibration import calibration
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task, filled, wrong
from glaswerk.infer import Score

_MEASURES = ("sum", "per_character", "mass")
_MOST_CHOICES = 256


@dataclass(frozen=True, slots=True)
class Question:
    """A context, its choices, and which of them are right."""

    id: str
    context: str
    choices: tuple[str, ...]
    right: tuple[bool, ...]


def measure_choice(
    task: Task, records: Sequence[tuple[str, Mapping[str, Any]]], scorer: Scorer, seed: int
) -> Measured:
    """Shares of right choices, with intervals over questions and the level of guessing."""
    questions = [question(task, item, record, seed) for item, record in records]
    delimiter = str(task.settings.get("delimiter", " "))
    requests = [(asked.context, delimiter + choice) for asked in questions for choice in asked.choices]
    found = iter(scorer.scores(requests, task.name))
    items = [_item(task, asked, [next(found) for _ in asked.choices]) for asked in questions]
    return Measured(_figures(task, questions, items, seed), items)


def _figures(
    task: Task, questions: Sequence[Question], items: Sequence[dict[str, Any]], seed: int
) -> dict[str, Any]:
    if not items:
        return unmeasurable("the set holds no question")
    # Guessing picks each choice equally often.
    chance = float(np.mean([sum(asked.right) / len(asked.right) for asked in questions]))
    ids = [asked.id for asked in questions]
    figures: dict[str, Any] = {"measurable": True}
    for name in _measures(task):
        figures[name] = share([item[name] for item in items], ids, seed=seed, chance=chance).to_json()
    if all(sum(asked.right) == 1 for asked in questions):
        sure, right = ([item[name] for item in items] for name in ("confidence", "sum"))
        figures["calibration"] = calibration(sure, right, seed=seed)
    return figures


def _measures(task: Task) -> Sequence[str]:
    names = task.settings.get("measures", ["sum"])
    if not isinstance(names, list) or not names or set(names) - set(_MEASURES):
        raise wrong(task.name, f"measures takes some of {', '.join(_MEASURES)}, found {names!r}")
    return names


def _item(task: Task, asked: Question, scores: Sequence[Score]) -> dict[str, Any]:
    sums = [score.log_probability for score in scores]
    each = [total / max(1, len(choice)) for total, choice in zip(sums, asked.choices, strict=True)]
    return {
        "measure": task.name,
        "id": asked.id,
        "context": asked.context,
        "expected": [choice for choice, right in zip(asked.choices, asked.right, strict=True) if right],
        "answer": asked.choices[int(np.argmax(sums))],
        "log_likelihoods": sums,
        "sum": float(asked.right[int(np.argmax(sums))]),
        "per_character": float(asked.right[int(np.argmax(each))]),
        "mass": _mass(sums, asked.right),
        "confidence": _mass(sums, [total == max(sums) for total in sums]),
    }


def _mass(sums: Sequence[float], right: Sequence[bool]) -> float:
    highest = max(sums)
    weights = [math.exp(total - highest) for total in sums]
    return sum(weight for weight, good in zip(weights, right, strict=True) if good) / sum(weights)


def question(task: Task, item: str, record: Mapping[str, Any], seed: int) -> Question:
    """A record as a question. Raises GlaswerkError naming task, item and field for another form."""
    choices, right = _choices(task, item, record)
    if len(choices) < 2 or not any(right) or len(choices) > _MOST_CHOICES:
        raise _broken(task, item, f"2 to {_MOST_CHOICES} choices of which one is right")
    order = list(range(len(choices)))
    if task.settings.get("shuffle"):
        random.Random(f"{seed} {task.name} {item}").shuffle(order)
    context = filled(str(task.settings.get("context", "")), record)
    return Question(item, context, tuple(choices[i] for i in order), tuple(right[i] for i in order))


def _choices(task: Task, item: str, record: Mapping[str, Any]) -> tuple[list[str], list[bool]]:
    named = task.settings.get("choices", "choices")
    value = [record.get(name) for name in named] if isinstance(named, list) else record.get(named)
    if isinstance(value, Mapping):
        return [str(text) for text in value], [bool(flag) for flag in value.values()]
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise _broken(task, item, f"a list of texts in {named!r}")
    gold = record.get(str(task.settings.get("gold", "gold")))
    if isinstance(gold, bool) or not isinstance(gold, int) or not 0 <= gold < len(value):
        raise _broken(task, item, f"the index of the right choice in {task.settings.get('gold', 'gold')!r}")
    return list(value), [i == gold for i in range(len(value))]


def _broken(task: Task, item: str, expected: str) -> Exception:
    return wrong(task.name, f"item {item}: expected {expected}")
