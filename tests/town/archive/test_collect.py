"""What each account's archive holds."""

from __future__ import annotations

import pytest

from glaswerk.town.archive.account_archive import AccountData
from glaswerk.town.archive.collect import account_data
from glaswerk.town.posts.timeline import Timeline


@pytest.fixture(scope="module")
def data(timeline: Timeline) -> list[AccountData]:
    return account_data(timeline, 7)


def test_every_post_is_in_the_archive_of_its_author_alone(
    data: list[AccountData], timeline: Timeline
) -> None:
    assert [item.account for item in data] == timeline.scene.accounts
    assert sum(len(item.posts) for item in data) == len(timeline.posts)
    assert all(post.author is item.account for item in data for post in item.posts)


def test_a_message_is_in_both_archives_under_the_same_id(data: list[AccountData], timeline: Timeline) -> None:
    copies: dict[str, list[str]] = {}
    for item in data:
        for number, message in item.messages:
            assert item.account in (message.sender, message.recipient)
            copies.setdefault(number, []).append(message.text)
    assert len(copies) == len(timeline.messages)
    assert all(len(texts) == 2 and texts[0] == texts[1] for texts in copies.values())


def test_nobody_likes_a_deleted_post(data: list[AccountData]) -> None:
    assert all(len(item.likes) == 12 for item in data)
    assert not [post for item in data for post in item.likes if post.deleted or post.retweet_of]


def test_who_follows_is_followed_by(data: list[AccountData]) -> None:
    followers = {item.account.id: set(item.followers) for item in data}
    for item in data:
        assert item.account.id not in item.following
        assert all(item.account.id in followers[other] for other in item.following)
