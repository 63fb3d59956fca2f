"""The text grammar."""

from __future__ import annotations

from glaswerk.town.grammar import with_article


def test_articles_follow_the_sound() -> None:
    nouns = ["baker", "electrician", "one-eyed cat", "owl"]
    assert [with_article(noun).split()[0] for noun in nouns] == ["a", "an", "a", "an"]
