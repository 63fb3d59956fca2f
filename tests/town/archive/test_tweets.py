"""Tweets as records of an archive."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

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
