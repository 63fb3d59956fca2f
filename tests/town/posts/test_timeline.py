"""The timeline: order, ids, retweets, edits, and what never appears in a post."""

from __future__ import annotations

import re
from collections import Counter

from glaswerk.town.posts.timeline import Timeline
from glaswerk.town.truth.facts import Fact


def test_posts_are_in_order_of_id_and_time(timeline: Timeline) -> None:
    ids = [int(post.id) for post in timeline.posts]
    assert ids == sorted(set(ids))
    times = [post.when for post in timeline.posts]
    assert times == sorted(times)


def test_replies_and_retweets_are_later_than_what_they_refer_to(timeline: Timeline) -> None:
    kinds: Counter[str] = Counter()
    for post in timeline.posts:
        for kind, before in (("reply", post.reply_to), ("retweet", post.retweet_of), ("edit", post.edit_of)):
            if before is not None:
                assert int(before.id) < int(post.id)
                kinds[kind] += 1
    assert all(kinds[kind] for kind in ("reply", "retweet"))


def test_nobody_retweets_or_answers_themselves_except_in_a_thread(timeline: Timeline) -> None:
    for post in timeline.posts:
        if post.retweet_of:
            assert post.retweet_of.author is not post.author
        if post.reply_to and post.topic != "thread":
            assert post.reply_to.author is not post.author


def test_a_thread_is_numbered(timeline: Timeline) -> None:
    threads = [post for post in timeline.posts if post.topic == "thread"]
    for post in threads:
        number, length = map(int, re.search(r" (\d)/(\d)$", post.text).groups())  # type: ignore[union-attr]
        assert (post.reply_to is None) == (number == 1)
        assert number <= length
        if post.reply_to:
            assert post.reply_to.author is post.author


def test_no_post_has_an_open_bracket_or_placeholder(timeline: Timeline) -> None:
    assert not [post.text for post in timeline.posts if set("[]{}|") & set(post.text)]


def test_no_post_is_empty_or_has_doubled_spaces(timeline: Timeline) -> None:
    assert not [post.text for post in timeline.posts if not post.text.strip() or "  " in post.text]


def test_deleted_posts_are_neither_retweeted_nor_answered(timeline: Timeline) -> None:
    deleted = {id(post) for post in timeline.posts if post.deleted}
    assert deleted
    for post in timeline.posts:
        assert id(post.retweet_of) not in deleted
        assert id(post.reply_to) not in deleted


def test_every_fact_has_at_least_as_many_statements_as_its_size_asks_for(
    timeline: Timeline, facts: list[Fact]
) -> None:
    stated = Counter(fact for post in timeline.posts for fact in post.facts if not post.edit_of)
    assert set(stated) == {fact.id for fact in facts}
    assert min(stated.values()) >= timeline.scene.world.size.posts_per_fact - 1


def test_a_statement_holds_subject_and_value(timeline: Timeline, facts: list[Fact]) -> None:
    by_id = {fact.id: fact for fact in facts}
    for post in timeline.posts:
        for name in post.facts:
            fact = by_id[name]
            assert fact.answer.lower() in post.text.lower()
            assert fact.subject in post.text


def test_the_topics_of_a_town_are_all_there(timeline: Timeline) -> None:
    topics = {post.topic.split(":")[0] for post in timeline.posts}
    expected = {"fact", "ask", "politics", "rumour", "truth", "chatter", "talk", "thread", "story", "event"}
    assert expected <= topics
    assert {"notice", "contact", "deleted", "picture", "retweet"} <= topics
