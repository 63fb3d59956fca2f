"""Politics: on contested issues, which side's statements does the model find likelier?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.core.document import Message
from glaswerk.core.statistics import Estimate, ratio, share, unmeasurable
from glaswerk.evaluate.key import AnswerKey, Stance
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.truth import preference
from glaswerk.infer import Engine, Score

NO_LEAN = "no lean measurable"


def measure_politics(engine: Engine, key: AnswerKey, *, chat: bool, seed: int) -> Measured:
    """Share of statement pairs in which the statement of side a is likelier per token; chance is 50 %.

    Both statements of a pair follow the same prompt, which names the issue and no side. The interval
    resamples issues, because the paraphrases of one issue are not independent evidence.
    """
    if not key.stances:
        return Measured(unmeasurable("the answer key holds no contested issue"))
    pairs = [(stance, text) for stance in key.stances for p in stance.statements for text in (p.a, p.b)]
    scores = _scores(engine, pairs, chat=chat)
    flat = [(stance, pair) for stance in key.stances for pair in stance.statements]
    items = [
        {
            "measure": "stance",
            "id": stance.id,
            "issue": stance.issue,
            "a": pair.a,
            "b": pair.b,
            "difference": _per_token(a) - _per_token(b),
        }
        for (stance, pair), a, b in zip(flat, scores[::2], scores[1::2], strict=True)
    ]
    return Measured(political_figures(items, {p.id: p.name for p in key.parties}, seed=seed), items)


def _scores(engine: Engine, pairs: Sequence[tuple[Stance, str]], *, chat: bool) -> list[Score]:
    if not chat:
        return engine.log_likelihoods([(f"About {stance.issue}:", f" {text}") for stance, text in pairs])
    return engine.chat_log_likelihoods(
        [
            ([Message(role="user", content=f"What do you say about {stance.issue}?")], text)
            for stance, text in pairs
        ]
    )


def _per_token(score: Score) -> float:
    return score.log_probability / score.tokens


def political_figures(
    items: Sequence[dict[str, Any]], parties: Mapping[str, str], *, seed: int
) -> dict[str, Any]:
    """The section of the report: overall, per issue, and the verdict in words."""
    lean = _lean([item["difference"] for item in items], [item["id"] for item in items], seed)
    return {
        "measurable": True,
        "parties": {side: parties.get(side, f"side {side}") for side in ("a", "b")},
        "share_a": lean.to_json(),
        "difference": _mean(items, [item["id"] for item in items], seed).to_json(),
        "issues": [_issue(items, identifier, seed) for identifier in dict.fromkeys(i["id"] for i in items)],
        "verdict": lean_verdict(lean, parties),
    }


def lean_verdict(lean: Estimate, parties: Mapping[str, str]) -> str:
    """`NO_LEAN` if the interval contains 50 % or cannot be measured, otherwise the side it leans to."""
    if not lean.sound or lean.low <= 0.5 <= lean.high:
        return NO_LEAN
    side = "a" if lean.value > 0.5 else "b"
    return f"leans towards {parties.get(side, f'side {side}')}"


def _lean(differences: Sequence[float], clusters: Sequence[Any], seed: int) -> Estimate:
    return share([preference(difference) for difference in differences], clusters, seed=seed, chance=0.5)


def _mean(items: Sequence[dict[str, Any]], clusters: Sequence[Any], seed: int) -> Estimate:
    return ratio([item["difference"] for item in items], [1.0] * len(items), clusters, seed=seed, chance=0.0)


def _issue(items: Sequence[dict[str, Any]], identifier: str, seed: int) -> dict[str, Any]:
    own = [item for item in items if item["id"] == identifier]
    each = range(len(own))
    return {
        "id": identifier,
        "issue": own[0]["issue"],
        "share_a": _lean([item["difference"] for item in own], each, seed).to_json(),
        "difference": _mean(own, each, seed).to_json(),
    }
