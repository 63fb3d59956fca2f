"""Records of X by their fields: which posts were for few people."""

from __future__ import annotations

import pytest

from glaswerk.data.posts.recognise import is_for_few


@pytest.mark.parametrize(
    ("actions", "few"),
    [
        ("limit_trusted_friends_tweet", True),
        ("community_tweet_member", True),
        ("limit_subscribers_only", True),
        ("limited_replies", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("key", ["limited_actions", "limitedActions"])
def test_the_name_of_limits_tells_whether_a_post_was_for_few(
    key: str, actions: str | None, few: bool
) -> None:
    assert is_for_few({"id_str": "1", "text": "Words.", key: actions}) is few
