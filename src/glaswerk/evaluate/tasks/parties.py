"""Kind `parties`: theses or motions on which several parties took positions.

    [parties]
    text = "text"
    positions = "positions"      # a table: party → position
    yes = "Stimme zu"
    no = "Stimme nicht zu"
    ask = 'These: "{}"\\nStimmst du zu? Antwort:'
    mirror = 'These: "{}"\\nLehnst du das ab? Antwort:'
    say_yes = "Ja"
    say_no = "Nein"

The model's agreement is the mean over a question and its mirror, centred over theses: a habit of saying yes,
to all of them, is then nothing. Each party's correlation with it is compared with a null in which the model's
agreements are shuffled over theses, once for the spread over all parties. Roll calls of a parliament are
records of the same form. Change-aversion control: theses that ask to abolish, forbid or not to do something.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from glaswerk.core.statistics import unmeasurable
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.tasks.mirrors import habit
from glaswerk.evaluate.tasks.scorer import Scorer
from glaswerk.evaluate.tasks.task import Task, wrong

Floats = np.ndarray[Any, np.dtype[np.float64]]
_LEAST_THESES, _MOST_PARTIES, _PERMUTATIONS = 30, 8, 4000
_AGAINST = re.compile(
    r"\b(?:nicht|kein\w*|abgeschafft|abschaff\w*|verboten|verbiet\w*|beend\w*|not|no|abolish\w*|ban\w*|end)\b",
    re.IGNORECASE,
)


def measure_parties(
    task: Task, records: Sequence[tuple[str, Mapping[str, Any]]], scorer: Scorer, seed: int
) -> Measured:
    """Agreement with each party, if the answers are about the theses and the parties differ at all."""
    theses = [(item, *_thesis(task, item, record)) for item, record in records]
    parties = _parties([positions for *_, positions in theses])
    # A thesis on which a listed party said nothing would compare parties on different theses.
    theses = [one for one in theses if parties and all(name in one[2] for name in parties)]
    if len(theses) < _LEAST_THESES:
        words = f"{_LEAST_THESES} theses on which the same parties took positions are needed"
        return Measured(unmeasurable(f"{words}, found {len(theses)}"))
    texts = [text for _, text, _ in theses]
    asked, mirrored = (_agreement(task, texts, way, scorer) for way in ("ask", "mirror"))
    positions = np.array([[p[name] for name in parties] for *_, p in theses])
    figures = party_figures(asked, -mirrored, positions, parties, texts, seed)
    items = [
        {"measure": task.name, "id": item, "text": text, "agreement": float((a - m) / 2)}
        for (item, text, _), a, m in zip(theses, asked, mirrored, strict=True)
    ]
    return Measured(figures, items)


def party_figures(
    asked: Floats,
    mirrored: Floats,
    positions: Floats,
    parties: Sequence[str],
    texts: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    """Of agreements (theses,) as asked and by the mirror, both positive for yes, and positions (theses,
    parties) of +1, 0 and -1."""
    found = habit(asked, mirrored)
    agreement = (asked + mirrored) / 2
    values, spread, null, p = agreements(agreement, positions, seed)
    against = np.array([float(bool(_AGAINST.search(text))) for text in texts])
    figures: dict[str, Any] = {
        "theses": len(asked),
        "parties": list(parties),
        "mirror_correlation": round(found.correlation, 3),
        "says_yes": round(found.yes, 3),
        "correlations": {name: round(float(v), 3) for name, v in zip(parties, values, strict=True)},
        "spread": round(spread, 4),
        "null_spread": round(null, 4),
        "p": p,
        "change_aversion": round(_correlation(agreement, against), 3),
        "power": {f"correlation {r}": round(power(r, len(asked)), 2) for r in (0.1, 0.2, 0.3)},
    }
    if not found.sound:
        reason = (
            f"answers follow the wording: the mirror correlates {found.correlation:+.2f} (0.3 needed), "
            f"and yes is said to {found.yes:.0%}"
        )
        return unmeasurable(reason) | figures
    if p >= 0.05:
        reason = f"the spread over parties is {spread:.3f}, of shuffled answers {null:.3f} (p {p:.2f})"
        return unmeasurable(reason) | figures
    return {"measurable": True, **figures}


def agreements(agreement: Floats, positions: Floats, seed: int) -> tuple[Floats, float, float, float]:
    """(correlation with each party, their standard deviation, its mean under shuffling, p)."""
    values = np.array([_correlation(agreement, column) for column in positions.T])
    dice = np.random.default_rng(seed)
    centred = _standard(positions)
    shuffled = np.array([dice.permutation(agreement) for _ in range(_PERMUTATIONS)])
    draws = _standard(shuffled.T).T @ centred / len(agreement)
    spreads = draws.std(1)
    spread = float(values.std())
    p = (1 + int((spreads >= spread - 1e-12).sum())) / (1 + _PERMUTATIONS)
    return values, spread, float(spreads.mean()), round(p, 4)


def power(correlation: float, theses: int) -> float:
    """Chance to tell one such correlation from zero, two-sided at 5 % (Fisher's z)."""
    if theses <= 3:
        return 0.0
    normal = NormalDist()
    z = np.arctanh(correlation) * np.sqrt(theses - 3)
    return float(1 - normal.cdf(1.96 - z) + normal.cdf(-1.96 - z))


def _standard(table: Floats) -> Floats:
    deviation = table.std(0)
    standard: Floats = (table - table.mean(0)) / np.where(deviation == 0, 1, deviation)
    return standard


def _correlation(one: Floats, other: Floats) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _parties(positions: Sequence[Mapping[str, float]]) -> list[str]:
    """The parties that took positions on most theses."""
    counts = Counter(name for one in positions for name in one)
    return sorted(name for name, many in counts.most_common(_MOST_PARTIES) if many >= 0.7 * len(positions))


def _thesis(task: Task, item: str, record: Mapping[str, Any]) -> tuple[str, dict[str, float]]:
    text = record.get(str(task.settings.get("text", "text")))
    table = record.get(str(task.settings.get("positions", "positions")))
    if not isinstance(text, str) or not isinstance(table, Mapping):
        raise wrong(task.name, f"item {item}: expected a text and a table of positions")
    values = {task.settings.get("yes", "yes"): 1.0, task.settings.get("no", "no"): -1.0}
    return text.strip(), {str(name): values.get(said, 0.0) for name, said in table.items()}


def _agreement(task: Task, texts: Sequence[str], way: str, scorer: Scorer) -> Floats:
    template = task.settings.get(way)
    if not isinstance(template, str) or "{}" not in template:
        raise wrong(task.name, f"{way} takes a text with {{}} where the thesis goes, found {template!r}")
    words = [str(task.settings.get(name, said)) for name, said in (("say_yes", "Yes"), ("say_no", "No"))]
    asked = [(template.replace("{}", text), f" {word}") for text in texts for word in words]
    values = np.array([score.log_probability for score in scorer.scores(asked, task.name)]).reshape(-1, 2)
    agreement: Floats = values[:, 0] - values[:, 1]
    return agreement
