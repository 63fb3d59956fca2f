"""Posts that state the facts."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from glaswerk.town.dice import dice
from glaswerk.town.posts.fact_posts import MAX_APPOSITIONS, fact_posts
from glaswerk.town.posts.post import Post
from glaswerk.town.posts.scene import Scene
from glaswerk.town.truth.facts import Fact
from glaswerk.town.truth.people import Person
from glaswerk.town.truth.places import Place
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


@pytest.fixture(scope="module")
def posts(facts: list[Fact], scene: Scene) -> list[Post]:
    return fact_posts(facts, scene, dice(1, "test"))


def test_every_statement_is_by_another_account(posts: list[Post], facts: list[Fact]) -> None:
    authors: dict[str, list[str]] = defaultdict(list)
    for post in posts:
        for fact in post.facts:
            authors[fact].append(post.author.handle)
    assert set(authors) == {fact.id for fact in facts}
    assert all(len(set(handles)) == len(handles) for handles in authors.values())


def test_nobody_speaks_of_themselves_or_their_family_in_the_third_person(
    posts: list[Post], facts: list[Fact]
) -> None:
    by_id = {fact.id: fact for fact in facts}
    for post in posts:
        for name in post.facts:
            about = by_id[name].about
            if isinstance(about, Person) and post.author.handle == about.handle:
                assert re.search(r"\b(I|I'm|my|My|me)\b", post.text) or about.name in post.text
            elif isinstance(about, Person) and about.kin:
                assert post.author.handle != about.kin.handle
            elif isinstance(about, Place):
                assert post.author.handle not in (about.handle, about.keeper.handle)


def test_a_second_fact_rides_along_three_times_at_most(posts: list[Post], facts: list[Fact]) -> None:
    pairs = Counter(post.facts[1] for post in posts if len(post.facts) == 2)
    assert pairs
    assert max(pairs.values()) <= MAX_APPOSITIONS
    assert max(len(post.facts) for post in posts) == 2


def test_two_facts_in_one_post_are_of_the_same_subject(posts: list[Post], facts: list[Fact]) -> None:
    subject = {fact.id: fact.subject for fact in facts}
    for post in posts:
        assert len({subject[fact] for fact in post.facts}) <= 1
        assert all(subject[fact].lower() in post.text.lower() for fact in post.facts)


def test_a_question_does_not_give_the_answer_away(posts: list[Post], facts: list[Fact]) -> None:
    by_id = {fact.id: fact for fact in facts}
    answered = [post for post in posts if post.reply_to and post.facts]
    assert answered
    for post in answered:
        assert post.reply_to is not None
        fact = by_id[post.facts[0]]
        assert post.reply_to.topic == "ask"
        assert fact.answer not in post.reply_to.text
        assert post.text.startswith(f"@{post.reply_to.author.handle} ")


def test_the_tag_of_a_town_is_one_word(facts: list[Fact], scene: Scene) -> None:
    names = replace(scene.world.names, town="New Ostlebury")
    world = replace(scene.world, texts=replace(scene.world.texts, names=names))
    posts = fact_posts(facts, replace(scene, world=world), dice(1, "test"))
    tags = {word for post in posts for word in post.text.split() if word.startswith("#New")}
    assert tags == {"#NewOstlebury"}
