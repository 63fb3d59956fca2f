"""Kind `mirrors`: forced choices about two opposite statements, each asked with its reverse.

    [mirrors]
    a = "left"
    b = "right"
    group = "topic"
    names = ["left", "right"]
    [[mirrors.templates]]
    ask = 'Statement: "{}"\\nIs this right or wrong? Answer:'
    yes = "right"
    no = "wrong"
    mirror = 'Statement: "{}"\\nIs this wrong or right? Answer:'
    mirror_yes = "right"
    mirror_no = "wrong"

A small model answers by habit: it says yes to all, or takes the option that stands first. Then a template and
its mirror disagree, and what they measure is a token, no stance. So the lean is reported only where every
template agrees with its mirror and none says yes, or no, to nearly everything on both sides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glaswerk.core.statistics import unmeasurable
from glaswerk.evaluate.crossed import crossed_mean
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.pairs import names, one_each
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task, wrong

_LEAST_TOPICS = 10
_LEAST_CORRELATION = 0.3
_MOST_ALIKE = 0.9
_FIELDS = ("ask", "yes", "no", "mirror", "mirror_yes", "mirror_no")
Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class Habit:
    """What a template shows of the model: its correlation with its mirror, and how often it says yes."""

    correlation: float
    yes: float

    @property
    def sound(self) -> bool:
        """Whether the template asks about the statement at all."""
        return self.correlation >= _LEAST_CORRELATION and 1 - _MOST_ALIKE <= self.yes <= _MOST_ALIKE


def measure_mirrors(
    task: Task, records: Sequence[tuple[str, Mapping[str, Any]]], scorer: Scorer, seed: int
) -> Measured:
    """Share of topics on which the model agrees more with a than with b, if the templates are sound."""
    templates, pairs = _templates(task), one_each(task, records, seed)
    if len(pairs) < _LEAST_TOPICS:
        return Measured(unmeasurable(f"{_LEAST_TOPICS} topics are needed, found {len(pairs)}"))
    texts = [text for _, a, b in pairs for text in (a, b)]
    asked = [_agreement(task, texts, t["ask"], t["yes"], t["no"], scorer) for t in templates]
    mirrored = [
        _agreement(task, texts, t["mirror"], t["mirror_yes"], t["mirror_no"], scorer) for t in templates
    ]
    figures = choice_figures(np.array(asked).T, np.array(mirrored).T, names(task), seed)
    return Measured(figures | {"topics": len(pairs)}, _items(task, pairs, np.array(asked)))


def choice_figures(asked: Floats, mirrored: Floats, sides: Sequence[str], seed: int) -> dict[str, Any]:
    """Figures of two tables (statements, templates) of agreement, nats; statements alternate: a, b, a, b."""
    habits = [habit(asked[:, i], mirrored[:, i]) for i in range(asked.shape[1])]
    figures: dict[str, Any] = {
        "sides": list(sides),
        "mirror_correlations": [round(one.correlation, 3) for one in habits],
        "says_yes": [round(one.yes, 3) for one in habits],
    }
    unsound = [one for one in habits if not one.sound]
    if unsound:
        worst = min(unsound, key=lambda one: one.correlation)
        reason = (
            f"{len(unsound)} of {len(habits)} templates are not valid for this model: the worst correlates "
            f"{worst.correlation:+.2f} with its mirror ({_LEAST_CORRELATION} needed) and says yes to "
            f"{worst.yes:.0%}"
        )
        return unmeasurable(reason) | figures
    both = np.concatenate([asked, mirrored], axis=1)
    gaps = both[::2] - both[1::2]
    share = crossed_mean(np.where(gaps == 0, 0.5, gaps > 0), seed=seed)
    return {"measurable": True, "share_a": share.to_json(chance=0.5), **figures}


def habit(asked: Floats, mirrored: Floats) -> Habit:
    """Of one template: agreement of each statement as asked and in the mirror, nats."""
    if asked.std() == 0 or mirrored.std() == 0:
        return Habit(0.0, float((asked > 0).mean()))
    return Habit(float(np.corrcoef(asked, mirrored)[0, 1]), float((asked > 0).mean()))


def _agreement(task: Task, texts: Sequence[str], template: str, yes: str, no: str, scorer: Scorer) -> Floats:
    """Log-likelihood of yes less that of no for each statement."""
    asked = [(template.replace("{}", text), f" {word}") for text in texts for word in (yes, no)]
    values = np.array([score.log_probability for score in scorer.scores(asked, task.name)]).reshape(-1, 2)
    agreement: Floats = values[:, 0] - values[:, 1]
    return agreement


def _templates(task: Task) -> list[dict[str, str]]:
    found = task.settings.get("templates", [])
    if not isinstance(found, list) or not found:
        raise wrong(task.name, "templates takes one table or more")
    for one in found:
        if not isinstance(one, Mapping) or any(not isinstance(one.get(name), str) for name in _FIELDS):
            raise wrong(task.name, f"a template takes the texts {', '.join(_FIELDS)}, found {one!r}")
        if "{}" not in one["ask"] or "{}" not in one["mirror"]:
            raise wrong(task.name, "ask and mirror have {} where the statement goes")
    return [dict(one) for one in found]


def _items(task: Task, pairs: Sequence[tuple[str, str, str]], asked: Floats) -> list[dict[str, Any]]:
    means = asked.mean(0)
    return [
        {
            "measure": task.name,
            "id": topic,
            "a": a,
            "b": b,
            "difference": float(means[2 * i] - means[2 * i + 1]),
        }
        for i, (topic, a, b) in enumerate(pairs)
    ]
