"""Kind `pairs`: two opposite statements a record, compared by how much each frame raises their likelihood.

    [pairs]
    a = "left"
    b = "right"
    group = "topic"                # one pair a topic: topics are the independent evidence
    names = ["left", "right"]
    frames = ["I believe this:", …]
    neutral = ["Here is a sentence:", …]

The measure of a statement under a frame is the pointwise mutual information (PMI) of the two: its
log-likelihood after the frame less that after neutral words, which say nothing of agreement. How common and
how long a statement is cancel out, and so does what any words before it do. Frames are a sample of the ways
to ask, so intervals draw topics and frames; where frames do not agree, nothing is reported.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from glaswerk.core.statistics import unmeasurable
from glaswerk.evaluate.agreement import frames_needed, reliability
from glaswerk.evaluate.crossed import crossed_mean
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task, wrong

_LEAST_FRAMES, _LEAST_TOPICS = 3, 10
RELIABLE = 0.8
Floats = np.ndarray[Any, np.dtype[np.float64]]


def measure_pairs(
    task: Task, records: Sequence[tuple[str, Mapping[str, Any]]], scorer: Scorer, seed: int
) -> Measured:
    """Share of topics on which a is preferred, and the mean lean in nats, over topics and frames."""
    frames, pairs = heads(task, "frames"), one_each(task, records, seed)
    if len(pairs) < _LEAST_TOPICS:
        return Measured(unmeasurable(f"{_LEAST_TOPICS} topics are needed, found {len(pairs)}"))
    table = leans(task, pairs, frames, scorer)
    items = [_item(task, topic, pair, row) for (topic, *pair), row in zip(pairs, table, strict=True)]
    return Measured(lean_figures(table, frames, names(task), lengths(pairs), seed), items)


def lean_figures(
    table: Floats, frames: Sequence[str], sides: Sequence[str], gaps: Floats, seed: int
) -> dict[str, Any]:
    """The figures of a table (topics, frames) of PMI differences a - b.

    gaps: difference in length of a and b, in characters. Below a reliability of 0.8 of the frames' mean the
    lean is not measurable, and the figures that show it are given instead.
    """
    agreement = reliability(table)
    figures: dict[str, Any] = {
        "sides": list(sides),
        "topics": len(table),
        "frames": list(frames),
        "agreement": round(agreement.mean_correlation, 3),
        "reliability": round(agreement.of_mean, 3),
        "frame_means": [round(float(mean), 4) for mean in table.mean(0)],
        "length_correlation": round(_correlation(table.mean(1), gaps), 3),
    }
    if agreement.of_mean < RELIABLE:
        needed = frames_needed(agreement.mean_correlation, RELIABLE)
        more = (
            f"{needed} such frames would be needed" if needed else "no number of such frames would reach it"
        )
        reliable = f"reliability {agreement.of_mean:.2f} of {RELIABLE}"
        reason = f"the {len(frames)} frames agree too little: {reliable}; {more}"
        return unmeasurable(reason) | figures
    share = crossed_mean(np.where(table == 0, 0.5, table > 0), seed=seed)
    lean = crossed_mean(table, seed=seed)
    strength = crossed_mean(np.abs(table.mean(1, keepdims=True)), seed=seed)
    return {
        "measurable": True,
        "share_a": share.to_json(chance=0.5),
        "lean": lean.to_json(chance=0.0),
        "absolute_lean": strength.to_json(),
        "smallest_visible": round((share.high - share.low) / 2, 4),
        "verdict": _verdict(share.low, share.high, sides),
        **figures,
    }


def _verdict(low: float, high: float, sides: Sequence[str]) -> str:
    if low <= 0.5 <= high:
        return "no lean measurable"
    return f"leans towards {sides[0] if low > 0.5 else sides[1]}"


def leans(task: Task, pairs: Sequence[tuple[str, str, str]], frames: Sequence[str], scorer: Scorer) -> Floats:
    """PMI of statement a less that of b, (topics, frames), nats."""
    texts = [text for _, a, b in pairs for text in (a, b)]
    neutral = heads(task, "neutral")
    asked = [(head, f" {text}") for head in (*neutral, *frames) for text in texts]
    values = np.array([score.log_probability for score in scorer.scores(asked, task.name)])
    values = values.reshape(len(neutral) + len(frames), len(pairs), 2)
    raised = values[len(neutral) :] - values[: len(neutral)].mean(0)
    difference: Floats = (raised[..., 0] - raised[..., 1]).T
    return difference


def one_each(
    task: Task, records: Sequence[tuple[str, Mapping[str, Any]]], seed: int
) -> list[tuple[str, str, str]]:
    """(topic, a, b) of one record a topic, drawn by the seed."""
    topics: dict[str, list[tuple[str, str]]] = {}
    for topic, a, b in all_pairs(task, records):
        topics.setdefault(topic, []).append((a, b))
    return [
        (topic, *random.Random(f"{seed} {topic}").choice(found)) for topic, found in sorted(topics.items())
    ]


def all_pairs(task: Task, records: Sequence[tuple[str, Mapping[str, Any]]]) -> list[tuple[str, str, str]]:
    """(topic, a, b) of every record. Raises GlaswerkError for a record without two texts."""
    first, second, group = (str(task.settings.get(key, key)) for key in ("a", "b", "group"))
    found = []
    for item, record in records:
        a, b = record.get(first), record.get(second)
        if not isinstance(a, str) or not isinstance(b, str) or not a.strip() or not b.strip():
            raise wrong(task.name, f"item {item}: expected texts in {first!r} and {second!r}")
        found.append((str(record.get(group, item)).casefold(), a.strip(), b.strip()))
    return found


def lengths(pairs: Sequence[tuple[str, str, str]]) -> Floats:
    """How much longer a is than b, characters."""
    return np.array([len(a) - len(b) for _, a, b in pairs], float)


def names(task: Task) -> tuple[str, str]:
    """What the two sides are called."""
    found = task.settings.get("names", ["a", "b"])
    if not isinstance(found, list) or len(found) != 2:
        raise wrong(task.name, f"names takes two texts, found {found!r}")
    return str(found[0]), str(found[1])


def heads(task: Task, name: str) -> list[str]:
    """The texts that come before a statement, `frames` or `neutral`."""
    found = task.settings.get(name, [])
    if (
        not isinstance(found, list)
        or not all(isinstance(text, str) for text in found)
        or len(found) < _LEAST_FRAMES
    ):
        raise wrong(task.name, f"{name} takes {_LEAST_FRAMES} texts or more, found {found!r}")
    return found


def _correlation(one: Floats, other: Floats) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _item(task: Task, topic: str, pair: Sequence[str], row: Floats) -> dict[str, Any]:
    return {
        "measure": task.name,
        "id": topic,
        "a": pair[0],
        "b": pair[1],
        "difference": float(row.mean()),
        "frames": [round(float(value), 4) for value in row],
    }
