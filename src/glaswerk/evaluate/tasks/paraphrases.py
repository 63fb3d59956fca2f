"""Kind `paraphrases`: the same question in several words; how often do answers contradict each other?

    [paraphrases]
    contexts = ["Q: {question}\\nA:", "Question: {question}\\nThe answer:"]
    choices = "mc1"

`contradiction`: of two wordings of a question, how often the likeliest choice differs. A model that guesses
differs by chance (`chance`); one that always takes the shortest never contradicts itself and is no better for
it, so the share right is given with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from glaswerk.core.statistics import share
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.choice import question
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task, filled, wrong

_LEAST = 2


def measure_paraphrases(
    task: Task, records: Sequence[tuple[str, Mapping[str, Any]]], scorer: Scorer, seed: int
) -> Measured:
    """Share of contradictions between wordings, and of right answers over all wordings."""
    contexts = task.settings.get("contexts", [])
    if not isinstance(contexts, list) or len(contexts) < _LEAST:
        raise wrong(task.name, f"contexts takes {_LEAST} texts or more, found {contexts!r}")
    asked = [question(task, item, record, seed) for item, record in records]
    wordings = [
        [replace(one, context=filled(str(text), record)) for text in contexts]
        for one, (_, record) in zip(asked, records, strict=True)
    ]
    requests = [(q.context, f" {choice}") for same in wordings for q in same for choice in q.choices]
    found = iter(scorer.scores(requests, task.name))
    items = []
    for same in wordings:
        chosen = [int(np.argmax([next(found).log_probability for _ in q.choices])) for q in same]
        items.append(
            {
                "measure": task.name,
                "id": same[0].id,
                "contexts": [q.context for q in same],
                "answers": [same[0].choices[i] for i in chosen],
                "contradiction": contradiction(chosen),
                "right": float(np.mean([same[0].right[i] for i in chosen])),
                "choices": len(same[0].choices),
            }
        )
    return Measured(paraphrase_figures(items, seed), items)


def contradiction(chosen: Sequence[int]) -> float:
    """Share of pairs of wordings whose choices differ."""
    pairs = list(combinations(chosen, 2))
    return sum(one != other for one, other in pairs) / len(pairs)


def paraphrase_figures(items: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Both shares with intervals over questions."""
    ids = [item["id"] for item in items]
    chance = float(np.mean([1 - 1 / item["choices"] for item in items]))
    differs = share([item["contradiction"] for item in items], ids, seed=seed, chance=chance)
    right = share([item["right"] for item in items], ids, seed=seed, chance=1 - chance)
    return {"measurable": True, "contradiction": differs.to_json(), "right": right.to_json()}
