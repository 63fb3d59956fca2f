"""Political posts and rumours."""

from __future__ import annotations

from collections import Counter

import pytest

from glaswerk.town.dice import dice
from glaswerk.town.posts.opinions import (
    CORRECTIONS_PER_RUMOUR,
    SPREADS_PER_RUMOUR,
    political_posts,
    rumour_posts,
)
from glaswerk.town.posts.scene import Scene
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


@pytest.mark.parametrize(("slant", "for_a"), [(0.0, 0), (0.5, 45), (0.9, 81), (1.0, 90)])
def test_exactly_the_share_of_the_slant_argues_for_side_a(slant: float, for_a: int, scene: Scene) -> None:
    posts = political_posts(scene, slant, dice(1, "test"))
    assert len(posts) == scene.world.size.politics == 90
    assert sum(post.topic.endswith(":a") for post in posts) == for_a


def test_parties_and_people_argue_for_their_own_side_only(scene: Scene) -> None:
    for post in political_posts(scene, 0.5, dice(2, "test")):
        assert post.author.side == post.topic[-1]


def test_every_issue_is_argued_equally_often(scene: Scene) -> None:
    posts = political_posts(scene, 0.5, dice(3, "test"))
    counted = Counter(post.topic.split(":")[1] for post in posts)
    assert set(counted) == {issue.id for issue in scene.world.texts.issues}
    assert max(counted.values()) - min(counted.values()) <= 1


def test_a_rumour_is_spread_by_some_and_corrected_by_others(scene: Scene) -> None:
    rumours, posts = rumour_posts(scene, 1.0, dice(1, "test"))
    assert len(rumours) == scene.world.size.rumours
    for rumour in rumours:
        assert rumour.spreaders
        assert {"ostle_gazette", "ostle_council"} <= set(rumour.corrected_by)
        assert not set(rumour.spreaders) & set(rumour.corrected_by)
        spread = [post for post in posts if post.topic == f"rumour:{rumour.text.id}"]
        assert all(any(claim in post.text for claim in rumour.text.claims) for post in spread)
        assert {post.author.handle for post in spread} == set(rumour.spreaders)


@pytest.mark.parametrize("rate", [0.0, 1.0, 4.0])
def test_the_rumour_rate_multiplies_claims_and_leaves_corrections(rate: float, scene: Scene) -> None:
    _, posts = rumour_posts(scene, rate, dice(1, "test"))
    claims = sum(post.topic.startswith("rumour:") for post in posts)
    truths = sum(post.topic.startswith("truth:") for post in posts)
    assert truths == CORRECTIONS_PER_RUMOUR * scene.world.size.rumours
    expected = SPREADS_PER_RUMOUR * rate * scene.world.size.rumours
    assert 0.75 * expected <= claims <= 1.25 * expected
