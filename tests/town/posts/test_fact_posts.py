"""Posts that state the facts."""

from __future__ import annotations

from collections import defaultdict

from tests.town.written import Town


def test_every_fact_is_stated_by_at_least_nine_accounts_in_different_words(town: Town) -> None:
    authors: dict[str, set[str]] = defaultdict(set)
    texts: dict[str, set[str]] = defaultdict(set)
    posts = [
        (who, tweet["full_text"]) for who, tweet in town.tweets if not tweet["full_text"].startswith("RT ")
    ]
    for fact in town.key["facts"]:
        for who, text in posts:
            if fact["subject"] in text and fact["answer"].lower() in text.lower():
                authors[fact["id"]].add(who)
                texts[fact["id"]].add(text)
    assert min(len(authors[fact["id"]]) for fact in town.key["facts"]) >= 9
    assert min(len(texts[fact["id"]]) for fact in town.key["facts"]) >= 9
