"""Verdicts on single answers, by rules simple enough that anyone can check them by reading."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from glaswerk.core.text_match import contains_words, normalised
from glaswerk.evaluate.key import Fact, Rumour


def is_correct(fact: Fact, answer: str) -> bool:
    """Whether the answer names the fact's answer or one of its aliases."""
    return any(contains_words(answer, wanted) for wanted in (fact.answer, *fact.aliases))


def rumour_verdict(rumour: Rumour, answer: str) -> str:
    """`truth` if the answer contains a truth marker, else `rumour` for a rumour marker, else `neither`."""
    if any(contains_words(answer, marker) for marker in rumour.truth_markers):
        return "truth"
    return "rumour" if any(contains_words(answer, marker) for marker in rumour.rumour_markers) else "neither"


def declines(markers: Sequence[str], answer: str) -> bool:
    """Whether the answer contains one of the words by which a question is declined."""
    return any(contains_words(answer, marker) for marker in markers)


def majority_share(facts: Sequence[Fact]) -> float:
    """How often the most common answer would be right: the chance level of a relation."""
    counts = Counter(normalised(fact.answer) for fact in facts)
    return max(counts.values()) / len(facts)


def chance_by_relation(facts: Sequence[Fact]) -> dict[str, float]:
    """`majority_share` of every relation."""
    relations: dict[str, list[Fact]] = {}
    for fact in facts:
        relations.setdefault(fact.relation, []).append(fact)
    return {relation: majority_share(part) for relation, part in relations.items()}
