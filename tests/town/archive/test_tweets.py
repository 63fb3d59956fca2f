"""Tweets as records of an archive."""

from __future__ import annotations

import html
import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from glaswerk.town.archive.tweets import escape, full_text, iso_date, short_url, x_date
from glaswerk.town.archive.tweets import tweet as record_of
from glaswerk.town.posts.post import Post
from glaswerk.town.posts.scene import Scene
from tests.town.written import Town

SNOWFLAKE_EPOCH_MS = 1_288_834_974_657


def test_ids_agree_with_dates_and_are_unique(town: Town) -> None:
    tweets = town.tweets
    for _, tweet in tweets:
        seconds = ((int(tweet["id"]) >> 22) + SNOWFLAKE_EPOCH_MS) // 1000
        written = datetime.strptime(tweet["created_at"], "%a %b %d %H:%M:%S %z %Y")
        assert datetime.fromtimestamp(seconds, UTC) == written
    assert max(Counter(tweet["id"] for _, tweet in tweets).values()) == 1


def test_replies_come_after_what_they_answer(town: Town) -> None:
    by_id = {tweet["id"]: (who, tweet) for who, tweet in town.tweets}
    replies = [tweet for _, tweet in by_id.values() if "in_reply_to_status_id" in tweet]
    assert replies
    for tweet in replies:
        who, before = by_id[tweet["in_reply_to_status_id"]]
        assert who == tweet["in_reply_to_screen_name"]
        assert int(before["id"]) < int(tweet["id"])


def test_entity_indices_slice_to_the_entity(town: Town) -> None:
    kinds: Counter[str] = Counter()
    for _, tweet in town.tweets:
        text, entities = tweet["full_text"], tweet["entities"]
        wanted = [("@" + item["screen_name"], item) for item in entities["user_mentions"]]
        wanted += [("#" + item["text"], item) for item in entities["hashtags"]]
        wanted += [(item["url"], item) for item in entities["urls"] + entities.get("media", [])]
        for shown, item in wanted:
            start, end = map(int, item["indices"])
            assert text[start:end] == shown
            kinds[shown[0]] += 1
        assert tweet["display_text_range"] == ["0", str(len(text))]
    assert set(kinds) == {"@", "#", "h"}


def test_posts_hold_escaped_text_retweets_and_edits(town: Town) -> None:
    tweets = {tweet["id"]: tweet for _, tweet in town.tweets}
    texts = [tweet["full_text"] for tweet in tweets.values()]
    assert any("&amp;" in text for text in texts)
    assert not [text for text in texts if re.search(r"[<>]|&(?!amp;|lt;|gt;)", text)]
    retweets = [text for text in texts if text.startswith("RT @")]
    assert retweets
    assert not any(tweet["retweeted"] for tweet in tweets.values())
    assert any(text.endswith("…") for text in retweets)
    chains = [tweet["edit_info"]["initial"]["editTweetIds"] for tweet in tweets.values()]
    edited = [chain for chain in chains if len(chain) > 1]
    assert edited
    assert all(set(chain) <= set(tweets) and chain == sorted(chain, key=int) for chain in edited)


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("Tea & cake", "Tea &amp; cake"),
        ("a < b > c", "a &lt; b &gt; c"),
        ("&amp;", "&amp;amp;"),
        ("Öl 😊", "Öl 😊"),
    ],
)
def test_three_characters_are_escaped(text: str, escaped: str) -> None:
    assert escape(text) == escaped
    assert html.unescape(escaped) == text


def test_a_date_has_english_names_and_two_digits() -> None:
    moment = datetime(2024, 3, 5, 7, 8, 9, tzinfo=UTC)
    assert x_date(moment) == "Tue Mar 05 07:08:09 +0000 2024"
    assert iso_date(moment) == "2024-03-05T07:08:09.000Z"


def test_a_short_address_depends_on_the_long_one_alone() -> None:
    one = short_url("https://gazette.ostlebury.example/issues/2023-01-05")
    assert re.fullmatch(r"https://t\.co/[0-9a-f]{10}", one)
    assert one == short_url("https://gazette.ostlebury.example/issues/2023-01-05")
    assert one != short_url("https://gazette.ostlebury.example/issues/2023-01-12")


def test_the_full_text_of_a_link_is_shortened_and_kept(scene: Scene) -> None:
    url = "https://gazette.ostlebury.example/issues/2023-01-05"
    post = Post(scene.accounts[2], 1_700_000_000, f"Out now. {url}", "notice", id="1")
    text, long_urls = full_text(post)
    assert text == f"Out now. {short_url(url)}"
    assert long_urls == {short_url(url): url}


def test_a_long_retweet_is_cut_before_it_is_escaped(scene: Scene) -> None:
    first = Post(scene.accounts[0], 1_700_000_000, "&" * 200, "talk", id="1")
    again = Post(
        scene.accounts[1], 1_700_000_100, f"RT @x: {first.text}", "retweet", retweet_of=first, id="2"
    )
    text, _ = full_text(again)
    assert len(html.unescape(text)) == 140
    assert text.endswith("&amp;…")


def test_mentions_are_of_known_accounts_only(scene: Scene) -> None:
    directory = {account.handle: account for account in scene.accounts}
    known = scene.accounts[0].handle
    post = Post(
        scene.accounts[1], 1_700_000_000, f"@{known} @nobody_here me@{known}.example", "talk", id=str(1 << 30)
    )
    mentions = record_of(post, directory)["entities"]["user_mentions"]
    assert [item["screen_name"] for item in mentions] == [known]


def test_a_deleted_tweet_says_when_and_has_no_language(scene: Scene) -> None:
    post = Post(scene.accounts[1], 1_700_000_000, "gone", "deleted", deleted=True, id=str(1 << 30))
    record = record_of(post, {})
    assert record["deleted_at"] == "Wed Nov 15 22:13:20 +0000 2023"
    assert "lang" not in record
