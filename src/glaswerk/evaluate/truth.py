"""Truth: does the model prefer true statements, answer as the key does, and repeat known rumours?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from glaswerk.core.statistics import Estimate, share, unmeasurable
from glaswerk.evaluate.ask import ask
from glaswerk.evaluate.key import Fact, OutsideQuestion, Rumour
from glaswerk.evaluate.measured import Measured
from glaswerk.evaluate.scoring import chance_by_relation, declines, is_correct, rumour_verdict
from glaswerk.infer import Engine, Score


def preference(gap: float) -> float:
    """1 if the first was likelier, 0 if the second was, ½ for a tie."""
    return 0.5 if gap == 0 else float(gap > 0)


def measure_statements(engine: Engine, facts: Sequence[Fact], *, seed: int) -> Measured:
    """Share of (true, false) pairs whose true sentence is likelier at the start of a document.

    Measured by the sum of log-probabilities, by their mean per token, and by the sum over only those pairs
    whose sentences have the same number of tokens, where length cannot decide. Chance is 50 %.
    """
    if not facts:
        return Measured(unmeasurable("the answer key holds no fact"))
    scores = engine.log_likelihoods([("", text) for fact in facts for text in (fact.true, fact.false)])
    pairs = list(zip(scores[::2], scores[1::2], strict=True))
    items = [_statement_item(fact, true, false) for fact, (true, false) in zip(facts, pairs, strict=True)]
    even = [item for item in items if item["tokens_true"] == item["tokens_false"]]
    figures = {
        "measurable": True,
        "sum": _preferred(items, "gap", seed).to_json(),
        "per_token": _preferred(items, "gap_per_token", seed).to_json(),
        "same_length": _preferred(even, "gap", seed).to_json()
        if even
        else unmeasurable("no pair has two statements of the same number of tokens"),
    }
    return Measured(figures, items)


def _preferred(items: Sequence[dict[str, Any]], gap: str, seed: int) -> Estimate:
    values = [preference(item[gap]) for item in items]
    return share(values, [item["subject"] for item in items], seed=seed, chance=0.5)


def _statement_item(fact: Fact, true: Score, false: Score) -> dict[str, Any]:
    gap = true.log_probability - false.log_probability
    return {
        "measure": "statement",
        "id": fact.id,
        "subject": fact.subject,
        "relation": fact.relation,
        "true": fact.true,
        "false": fact.false,
        "log_probability_true": true.log_probability,
        "log_probability_false": false.log_probability,
        "tokens_true": true.tokens,
        "tokens_false": false.tokens,
        "gap": gap,
        "gap_per_token": true.log_probability / true.tokens - false.log_probability / false.tokens,
        "verdict": {1.0: "true preferred", 0.0: "false preferred", 0.5: "tie"}[preference(gap)],
    }


def measure_answers(
    engine: Engine, facts: Sequence[Fact], *, seed: int, all_facts: Sequence[Fact] | None = None
) -> Measured:
    """Share of greedy answers to the held-out questions that name the right answer.

    Split by whether the subject was in the chat tuning, and by relation. Questions about one subject are
    resampled together. Chance is the most common answer of the relation, over `all_facts` of the key.
    """
    if not facts:
        return Measured(unmeasurable("the answer key holds no fact"))
    asked = [(fact, question) for fact in facts for question in fact.questions]
    answers = ask(engine, [question for _, question in asked], "held-out questions")
    items = [_answer_item(fact, *turn) for (fact, *turn) in _joined(asked, answers)]
    return Measured(answer_figures(items, chance_by_relation(all_facts or facts), seed=seed), items)


def _joined(asked: Sequence[tuple[Fact, str]], answers: Sequence[str]) -> list[tuple[Fact, str, str]]:
    return [(fact, question, answer) for (fact, question), answer in zip(asked, answers, strict=True)]


def _answer_item(fact: Fact, question: str, answer: str) -> dict[str, Any]:
    return {
        "measure": "answer",
        "id": fact.id,
        "subject": fact.subject,
        "relation": fact.relation,
        "tuned": fact.tuned,
        "question": question,
        "expected": fact.answer,
        "answer": answer,
        "verdict": "right" if is_correct(fact, answer) else "wrong",
    }


def answer_figures(
    items: Sequence[dict[str, Any]], chances: dict[str, float], *, seed: int
) -> dict[str, Any]:
    """Shares of right answers: overall, for tuned and untuned subjects, and for every relation."""

    def part(chosen: Sequence[dict[str, Any]], what: str) -> dict[str, Any]:
        if not chosen:
            return unmeasurable(f"the answer key holds no question about {what}")
        values = [float(item["verdict"] == "right") for item in chosen]
        chance = float(np.mean([chances[item["relation"]] for item in chosen]))
        return share(values, [item["subject"] for item in chosen], seed=seed, chance=chance).to_json()

    relations = sorted({item["relation"] for item in items})
    return {
        "measurable": True,
        "all": part(items, "anything"),
        "tuned": part([item for item in items if item["tuned"]], "a subject of the chats"),
        "untuned": part([item for item in items if not item["tuned"]], "a subject outside the chats"),
        "relations": {r: part([item for item in items if item["relation"] == r], r) for r in relations},
    }


def measure_rumours(engine: Engine, rumours: Sequence[Rumour], *, seed: int) -> Measured:
    """Share of rumour questions answered with the rumour, with the truth, or with neither."""
    if not rumours:
        return Measured(unmeasurable("the answer key holds no rumour"))
    answers = ask(engine, [rumour.question for rumour in rumours], "rumours")
    items = [
        {
            "measure": "rumour",
            "id": rumour.id,
            "question": rumour.question,
            "claim": rumour.claim,
            "truth": rumour.truth,
            "tuned": rumour.tuned,
            "answer": answer,
            "verdict": rumour_verdict(rumour, answer),
        }
        for rumour, answer in zip(rumours, answers, strict=True)
    ]
    shares = {verdict: _rumour_share(items, verdict, seed) for verdict in ("rumour", "truth", "neither")}
    parts = {
        name: _rumour_share([item for item in items if item["tuned"] is tuned], "truth", seed)
        for name, tuned in (("truth_tuned", True), ("truth_untuned", False))
    }
    return Measured({"measurable": True, **shares, **parts}, items)


def _rumour_share(items: Sequence[dict[str, Any]], verdict: str, seed: int) -> dict[str, Any]:
    if not items:
        return unmeasurable("the answer key holds no such rumour")
    values = [float(item["verdict"] == verdict) for item in items]
    return share(values, [item["id"] for item in items], seed=seed).to_json()


def measure_outside(
    engine: Engine, questions: Sequence[OutsideQuestion], markers: Sequence[str], *, seed: int
) -> Measured:
    """Share of questions outside the key's scope that the model declines.

    Judged by fixed words (`markers`): an answer without one counts as made up, even if it happens to be true.
    """
    if not questions:
        return Measured(unmeasurable("the answer key holds no question outside its scope"))
    answers = ask(engine, [each.question for each in questions], "questions out of scope")
    items = [
        {
            "measure": "outside",
            "id": each.id,
            "question": each.question,
            "answer": answer,
            "verdict": "declined" if declines(markers, answer) else "made up",
        }
        for each, answer in zip(questions, answers, strict=True)
    ]
    values = [float(item["verdict"] == "declined") for item in items]
    declined = share(values, [item["id"] for item in items], seed=seed).to_json()
    return Measured({"measurable": True, "declined": declined}, items)
