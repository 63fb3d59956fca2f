"""Posts in the answers that X's website gets: GraphQL results, and the older search and timeline answers.

The answers nest posts in instructions, entries and modules that change every few months. What a post looks
like does not: an object with `rest_id` and `legacy`, so these are searched for at any place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from glaswerk.data.posts.articles import article_text
from glaswerk.data.posts.recognise import Record, dicts, is_for_few
from glaswerk.data.posts.rendering import is_escaped

# Objects deeper than this hold no posts; X's answers are about 20 deep.
_DEPTH = 60
_MARKS = ("legacy", "tweet_results", "result", "instructions", "entries", "globalObjects", "timeline")


def is_graphql(record: Record) -> bool:
    """Whether a record may be an answer of X's website, or a part of one."""
    data = record.get("data")
    return any(key in record for key in _MARKS) or (isinstance(data, dict) and "text" not in data)


def statuses_in(record: Record) -> Iterator[dict[str, Any]]:
    """Every post in an answer as a v1.1 status, those that it quotes or repeats inside it.

    A status has `limited: True` if it was for few people.
    """
    objects = record.get("globalObjects")
    if isinstance(objects, dict):
        yield from _global(objects)
        return
    waiting: list[tuple[Any, int]] = [(record, _DEPTH)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict) and is_result(value):
            yield _status(value, 6)
        elif depth and isinstance(value, dict | list):
            inner = list(value.values() if isinstance(value, dict) else value)
            waiting += [(item, depth - 1) for item in reversed(inner)]


def is_result(value: Record) -> bool:
    """Whether this is one post as GraphQL gives it."""
    legacy = value.get("legacy")
    return isinstance(legacy, dict) and isinstance(legacy.get("full_text"), str)


def _status(value: Record, depth: int) -> dict[str, Any]:
    legacy = value["legacy"]
    found = {
        **legacy,
        "id_str": value.get("rest_id") or legacy.get("id_str"),
        "user": _user(value),
        "limited": is_for_few(value),
    }
    found |= _long_text(value)
    for name, holder in (
        ("quoted_status", value.get("quoted_status_result")),
        ("retweeted_status", legacy.get("retweeted_status_result")),
    ):
        inner = _result(holder)
        if depth and is_result(inner):
            found[name] = _status(inner, depth - 1)
    edits = value.get("edit_control")
    ids = edits.get("edit_tweet_ids") if isinstance(edits, dict) else None
    if isinstance(ids, list):
        found["edit_info"] = {"initial": {"editTweetIds": ids}}
    return found


def _long_text(value: Record) -> dict[str, Any]:
    """The complete text of a long post or an article, with its links, if the post has one."""
    article = article_text(_result(_dict(value.get("article")).get("article_results")))
    if article:
        return {"full_text": article, "entities": {}}
    note = _result(_dict(value.get("note_tweet")).get("note_tweet_results"))
    if not isinstance(note.get("text"), str):
        return {}
    urls = dicts(_dict(note.get("entity_set")).get("urls"))
    text = note["text"]
    return {
        "full_text": text if is_escaped(text) else text.replace("&", "&amp;"),
        "entities": {"urls": urls},
    }


def _user(value: Record) -> dict[str, Any]:
    """Handle and protection, which moved from `legacy` to `core` and `privacy` in 2025."""
    user = _result(_dict(value.get("core")).get("user_results"))
    core, legacy, privacy = (_dict(user.get(key)) for key in ("core", "legacy", "privacy"))
    return {
        "screen_name": core.get("screen_name") or legacy.get("screen_name"),
        "protected": legacy.get("protected") is True or privacy.get("protected") is True,
    }


def _result(holder: Any) -> Mapping[str, Any]:
    """The object in a holder; one with limited actions has it one level deeper."""
    result = _dict(_dict(holder).get("result"))
    return _dict(result["tweet"]) if isinstance(result.get("tweet"), dict) else result


def _global(objects: Record) -> Iterator[dict[str, Any]]:
    """Posts of the search answers until 2023, which keep posts and users apart, by id."""
    tweets, users = _dict(objects.get("tweets")), _dict(objects.get("users"))
    for tweet in tweets.values():
        if isinstance(tweet, dict):
            user = _dict(users.get(str(tweet.get("user_id_str"))))
            original = tweets.get(str(tweet.get("retweeted_status_id_str")))
            inner = {"retweeted_status": original} if isinstance(original, dict) else {}
            yield {**tweet, **inner, "user": user}


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
