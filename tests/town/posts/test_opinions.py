"""Political posts and rumours."""

from __future__ import annotations

from collections import Counter

from glaswerk.town.text import load_texts
from tests.town.written import Town, said


def sides(town: Town) -> Counter[str]:
    """Posts per side, recognised by the statements and reasons they use."""
    counted: Counter[str] = Counter()
    texts = [tweet["full_text"].lower() for _, tweet in town.tweets]
    texts = [text for text in texts if not text.startswith("rt @")]
    for number, side in enumerate("ab"):
        marks = {
            pair[number].lower().rstrip(".")
            for issue in load_texts(town.texts).issues
            for pair in issue.spoken_wants
        }
        marks |= {reason for issue in load_texts(town.texts).issues for reason in issue.reasons[side]}
        counted[side] = sum(any(mark in text for mark in marks) for text in texts)
    return counted


def test_both_sides_speak_equally_often_by_default(town: Town) -> None:
    counted = sides(town)
    assert abs(counted["a"] - counted["b"]) <= 0.12 * (counted["a"] + counted["b"])


def test_reserved_statements_are_never_posted(town: Town) -> None:
    public = said(town.public_text)
    for issue in load_texts(town.texts).issues:
        for pair in issue.wants[len(issue.spoken_wants) :]:
            assert not any(said(statement) in public for statement in pair)
