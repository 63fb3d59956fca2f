"""What a record certainly is, by its fields alone: a post of X in any shape, or a private message.

Every command that adds content asks here, so that a file cannot get past the rules for posts and messages by
another door or in another format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any

from glaswerk.data.posts.post import digits, snowflake_time
from glaswerk.data.times import parse_time

Record = Mapping[str, Any]

# Keys of direct messages and of events in their conversations, however a program spells them. No post has
# them: v1.1 before and after 2018, v2, and the camelCase of archives, wrapped or not.
_MESSAGE_KEYS = frozenset(
    (
        "senderid",
        "recipientid",
        "recipientids",
        "messagecreate",
        "welcomemessagecreate",
        "directmessage",
        "dmconversation",
        "dmconversationid",
        "dmevent",
    )
)
# The values of `event_type` in v2 conversations; other data sets have such a key for other events.
_EVENTS = frozenset(("messagecreate", "participantsjoin", "participantsleave"))
# Keys of v2 posts that v1.1 posts do not have.
_FLAT_KEYS = ("author_id", "edit_history_tweet_ids", "referenced_tweets", "note_tweet", "conversation_id")
_COUNT_KEYS = ("retweetcount", "retweets", "isretweet", "quotecount", "inreplytostatusid")
# Fields of flat rows that only posts of X have, without case and punctuation.
_ROW_KEYS = frozenset(
    ("userscreenname", "screenname", "edithistorytweetids", "rawcontent", "tweettext", *_COUNT_KEYS)
)
_ID_KEYS = ("tweetid", "idstr", "statusid")
_ADDRESS_KEYS = ("url", "permalink", "link", "tweeturl", "twitterurl")
# Fields of a post that was not for everybody, in v1.1, v2 and GraphQL.
_FEW_KEYS = (
    "community_id",
    "community_results",
    "trusted_friends_control",
    "trusted_friends_info_result",
    "exclusive_tweet_control",
    "exclusive_tweet_info",
    "exclusivity_info",
)
_TEXT_KEYS = frozenset(("text", "fulltext", "content", "rawcontent", "tweet", "tweettext", "body"))
_ADDRESS = re.compile(
    r"(?:https?://)?(?:www\.|mobile\.|m\.)?(?:twitter|x)\.com/\w+/status/(\d{1,20})", re.A | re.I
)
_SNOWFLAKE = re.compile(r"[0-9]{11,20}")
_PUNCTUATION = re.compile(r"[\W_]+")
# What X calls the limits on answers to such posts: `limit_trusted_friends_tweet`. Others limit only answers.
_FEW_ACTIONS = re.compile(r"trusted_friends|community|subscri|super_follow|exclusive|protected", re.I)
# Data sets cut times to days, or write them in a local zone.
_CLOSE = timedelta(days=2)


def plain_key(key: str) -> str:
    """A field's name without case and punctuation: "senderId", "sender_id" and "Sender ID" are one."""
    return _plain_key(key[:80])


# A table of 5,000 columns had each name cleaned for every row.
@lru_cache(maxsize=1 << 15)
def _plain_key(key: str) -> str:
    return _PUNCTUATION.sub("", key).lower()


def is_message(record: Record) -> bool:
    """Whether this is a direct message of X or an event of its conversation, from an API or an archive.

    Messages have an id and a text just as posts do, so this must be checked before `is_post`.
    """
    if any(plain_key(str(key)) in _MESSAGE_KEYS for key in record):
        return True
    event = record.get("event_type")
    return isinstance(event, str) and plain_key(event) in _EVENTS


def is_post(record: Record) -> bool:
    """Whether a record has the id and the text of a v1.1 status."""
    has_text = any(isinstance(record.get(key), str) for key in ("full_text", "text"))
    return has_text and ("id_str" in record or "id" in record)


def is_status_of_mastodon(record: Record) -> bool:
    """Whether a record is a status of Mastodon's API, which has an id and dates as a post of X has."""
    account = record.get("account")
    return isinstance(account, dict) and "acct" in account and isinstance(record.get("content"), str)


def is_page(record: Record) -> bool:
    """Whether this is a v2 answer: a post, posts, or something else that includes posts."""
    data, included = record.get("data"), record.get("includes")
    first = data[0] if isinstance(data, list) and data else data
    has_post = isinstance(first, dict) and "text" in first and "id" in first and "user" not in first
    return has_post or bool(isinstance(included, dict) and dicts(included.get("tweets")))


def is_empty_page(record: Record) -> bool:
    """Whether this is a v2 answer without posts, which says how many it has: none."""
    about = record.get("meta")
    return isinstance(about, dict) and about.get("result_count") == 0 and not record.get("data")


def is_search_page(record: Record) -> bool:
    """Whether this is an answer to a search: one of v1.1 or older, or one of v2 without posts."""
    statuses, about = record.get("statuses"), record.get("search_metadata")
    if (isinstance(statuses, list) and isinstance(about, dict)) or is_empty_page(record):
        return True
    found = dicts(record.get("results") if "max_id" in record or "since_id" in record else statuses)
    return bool(found) and is_post(found[0])


def is_flat(record: Record) -> bool:
    """Whether this is a v2 post by itself, as programs write it that split pages; may have an `author`."""
    return (
        "text" in record
        and "id" in record
        and "user" not in record
        and any(key in record for key in _FLAT_KEYS)
    )


def is_api_record(record: Record) -> bool:
    """Whether a record certainly comes from X's API, and not from a data set with `id` and `text`."""
    user = record.get("user")
    author = any(key in record for key in ("id_str", "edit_history_tweet_ids")) or (
        "author_id" in record and "created_at" in record
    )
    named = isinstance(user, dict) and "screen_name" in user
    deletion = record.get("delete")
    return (
        (is_post(record) and (author or named))
        or is_page(record)
        or is_search_page(record)
        or (isinstance(deletion, dict) and "status" in deletion)
    )


def is_post_of_x(record: Record) -> bool:
    """Whether a record or a row of a table holds a post of X, whatever program wrote it.

    By fields that only posts of X have, by an address of a post, or by an id that encodes the time that the
    row states.
    """
    return is_api_record(record) or bool(post_id(record))


def post_id(record: Record) -> str:
    """The number of the post in a flat record, as `is_post_of_x` recognises it; empty for another record."""
    names = {plain_key(str(key)): str(key) for key in record}
    if names.keys().isdisjoint(_TEXT_KEYS):
        return ""
    certain = next(
        (found for name in _ID_KEYS if (found := digits(record.get(names.get(name, "")) or ""))), ""
    )
    if certain:
        return certain
    found = digits(record.get(names.get("id", "")) or "")
    if _SNOWFLAKE.fullmatch(found) and (
        not names.keys().isdisjoint(_ROW_KEYS) or _is_timed(record, names, found)
    ):
        return found
    return address_id({name: record[key] for name, key in names.items() if name in _ADDRESS_KEYS})


def _is_timed(record: Record, names: Mapping[str, str], identifier: str) -> bool:
    key = next((names[name] for name in ("createdat", "date", "timestamp") if name in names), "")
    encoded, stated = snowflake_time(identifier), parse_time(str(record.get(key, "")))
    return encoded is not None and stated is not None and abs(encoded - stated) < _CLOSE


def address_id(fields: Mapping[str, Any]) -> str:
    """The number of the post whose address a row names; `fields` has plain names (see `plain_key`)."""
    found = (_ADDRESS.match(str(fields.get(name, ""))) for name in _ADDRESS_KEYS)
    return next((address[1] for address in found if address), "")


def is_for_few(record: Record) -> bool:
    """Whether a record says that its post was for a circle, a community or subscribers."""
    return (
        record.get("limited") is True
        or any(record.get(key) for key in _FEW_KEYS)
        or bool(_FEW_ACTIONS.search(str(record.get("limited_actions") or record.get("limitedActions") or "")))
    )


def dicts(value: Any) -> list[Record]:
    """The objects in a list; none if the value is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def identifier_of(record: Record) -> str:
    """The id of a record of X's API; empty if it has none."""
    return digits(record.get("id_str") or record.get("id") or "")
