"""Small talk, running stories, conversations and posts from events."""

from __future__ import annotations

from glaswerk.town.dice import dice
from glaswerk.town.posts.chatter import conversations, event_days, small_talk, stories, threads
from glaswerk.town.posts.post import date_of
from glaswerk.town.posts.scene import Scene


def test_a_story_is_told_in_order_by_one_account_with_its_voice(scene: Scene) -> None:
    posts = [post for post in stories(scene, dice(1, "test")) if post.topic == "story"]
    for story in scene.world.texts.stories:
        texts = [text.format(town="Ostlebury") for _, text in story.episodes]
        told = [post for post in posts if post.text in texts]
        assert [post.text for post in told] == texts
        assert len({post.author.handle for post in told}) == 1
        assert [post.when for post in told] == sorted(post.when for post in told)


def test_posts_from_an_event_are_in_its_month(scene: Scene) -> None:
    months = scene.world.texts.values.months
    posts = event_days(scene, dice(1, "test"))
    assert len(posts) == len(scene.world.events) * 2 * 4
    for post in posts:
        held = {event.month for event in scene.world.events if event.name in post.text}
        assert held == {months[date_of(post).month - 1]}


def test_a_conversation_is_a_question_an_answer_that_fits_and_sometimes_thanks(scene: Scene) -> None:
    posts = conversations(scene, dice(1, "test"))
    questions = [post for post in posts if post.reply_to is None]
    answers = [post for post in posts if post.reply_to and post.reply_to.reply_to is None]
    thanks = [post for post in posts if post.reply_to and post.reply_to.reply_to]
    assert len(questions) == len(answers) == scene.world.size.threads * 2
    assert 0 < len(thanks) < len(answers)
    for post in thanks:
        assert post.reply_to is not None
        assert post.reply_to.reply_to is not None
        assert post.author is post.reply_to.reply_to.author


def test_a_thread_has_two_to_four_posts_by_one_author(scene: Scene) -> None:
    posts = threads(scene, dice(1, "test"))
    starts = [post for post in posts if post.reply_to is None]
    assert len(starts) == scene.world.size.threads
    assert all(post.text.startswith("A day in Ostlebury, a thread. ") for post in starts)
    assert 2 * len(starts) <= len(posts) <= 4 * len(starts)


def test_small_talk_gets_reactions_from_others(scene: Scene) -> None:
    posts = small_talk(scene, dice(1, "test"))
    reactions = [post for post in posts if post.reply_to]
    assert len(posts) - len(reactions) == scene.world.size.chatter
    assert reactions
    for post in reactions:
        assert post.reply_to is not None
        assert post.text.startswith(f"@{post.reply_to.author.handle} ")
        assert post.author is not post.reply_to.author
