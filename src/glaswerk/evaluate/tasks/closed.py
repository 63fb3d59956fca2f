"""Kind `closed`: questions without any text to look at, which may be declined.

    [closed]
    ask = "{query}\\nAnswer in a few words. If you do not know, say: I do not know."
    answer = "gold"              # the index of the right one in `choices`, or a field with a text or a list
    choices = "choices"
    decline = ["do not know", "don't know", "not sure", "cannot say"]

Right: the answer contains the right words. Declined: it contains a word of declining, or is a refusal. Else
wrong. The index is that of AA-Omniscience: right +1, wrong -1, declined 0, so that guessing does not pay; the
penalty curve shows it with other weights for a wrong answer. An answer in other words counts as wrong: the
share right is a lower bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.core.statistics import LEAST, ratio, share, unmeasurable
from glaswerk.core.text_match import contains_words
from glaswerk.evaluate.ask import ask, fits
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.refusals import is_refusal
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task, filled, wrong

_PENALTIES = (0.0, 0.5, 1.0, 2.0)


def measure_closed(
    task: Task, records: Sequence[tuple[str, Mapping[str, Any]]], scorer: Scorer, seed: int
) -> Measured:
    """Shares right, wrong and declined, and the index."""
    if not scorer.chat:
        return Measured(unmeasurable("the model is not tuned for chat, so it cannot be asked"))
    template = str(task.settings.get("ask", "{question}"))
    asked = [(item, filled(template, record), _answers(task, item, record)) for item, record in records]
    asked = [one for one in asked if fits(scorer.engine, one[1])]
    if len(asked) < LEAST:
        return Measured(unmeasurable(f"{len(asked)} questions fit into the model's context"))
    answers = ask(scorer.engine, [question for _, question, _ in asked], task.name)
    markers = task.settings.get("decline", ["do not know", "don't know"])
    items = [
        {
            "measure": task.name,
            "id": item,
            "question": question,
            "expected": list(wanted),
            "answer": answer,
            "verdict": verdict(answer, wanted, markers),
        }
        for (item, question, wanted), answer in zip(asked, answers, strict=True)
    ]
    return Measured(closed_figures(items, seed), items)


def verdict(answer: str, wanted: Sequence[str], markers: Sequence[str]) -> str:
    """right, declined or wrong."""
    if any(contains_words(answer, one) for one in wanted):
        return "right"
    if is_refusal(answer) or any(contains_words(answer, marker) for marker in markers):
        return "declined"
    return "wrong"


def closed_figures(items: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """`right`, `wrong`, `declined`, `index`, and `penalties`: mean scores by the weight of a wrong answer."""
    ids = [item["id"] for item in items]
    said = {
        name: [float(item["verdict"] == name) for item in items] for name in ("right", "wrong", "declined")
    }
    figures: dict[str, Any] = {"measurable": True}
    figures |= {name: share(values, ids, seed=seed).to_json() for name, values in said.items()}
    scores = {
        weight: [good - weight * bad for good, bad in zip(said["right"], said["wrong"], strict=True)]
        for weight in _PENALTIES
    }
    means = {
        w: ratio(values, [1.0] * len(items), ids, seed=seed, chance=0.0).to_json()
        for w, values in scores.items()
    }
    return {**figures, "index": means[1.0], "penalties": {str(w): found for w, found in means.items()}}


def _answers(task: Task, item: str, record: Mapping[str, Any]) -> list[str]:
    value = record.get(str(task.settings.get("answer", "answer")))
    choices = record.get(str(task.settings.get("choices", "choices")))
    if isinstance(value, int) and isinstance(choices, list) and 0 <= value < len(choices):
        value = choices[value]
    found = [value] if isinstance(value, str) else value
    if (
        not isinstance(found, list)
        or not found
        or not all(isinstance(one, str) and one.strip() for one in found)
    ):
        raise wrong(task.name, f"item {item}: expected a text or a list of texts as the answer")
    return found
