"""Posts of accounts that are not people."""

from __future__ import annotations

from glaswerk.town.dice import dice
from glaswerk.town.posts.notices import POSTS_EACH, notices
from glaswerk.town.posts.scene import Scene


def test_the_gazette_links_to_each_issue_on_the_town_s_own_domain(scene: Scene) -> None:
    posts = [post for post in notices(scene, dice(1, "test")) if post.author.kind == "gazette"]
    assert len(posts) == scene.world.size.weeks
    links = [word for post in posts for word in post.text.split() if word.startswith("https://")]
    assert len(set(links)) == len(posts)
    assert all(link.startswith("https://gazette.ostlebury.example/issues/20") for link in links)


def test_every_place_and_club_posts_and_the_council_more_often(scene: Scene) -> None:
    posts = notices(scene, dice(1, "test"))
    for account in scene.of_kind("place", "club", "council"):
        own = [post for post in posts if post.author is account]
        assert len(own) == POSTS_EACH * (5 if account.kind == "council" else 1)
        assert all(post.topic == "notice" for post in own)
