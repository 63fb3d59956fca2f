"""Rows as the APIs of networks other than X write them: what they mean in our fields, and who may read them.

A status of Mastodon has HTML, an `account` and a `visibility`; a note of ActivityPub has `to` and `cc`. Read
as plain rows they would lose their author, keep their tags, and a message to one person would be public.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.data.posts.mastodon import audience_of, handle, html_text
from glaswerk.data.posts.recognise import is_status_of_mastodon, plain_key

Row = Mapping[str, Any]
_NOTES = ("Note", "Question", "Article")
# What programs call who may read a text. A column of other words, such as a weather's visibility, is data.
_AUDIENCES = {
    **dict.fromkeys(("public", "unlisted", "everyone", "world", "open"), "public"),
    **dict.fromkeys(
        ("limited", "followers", "followersonly", "friends", "friendsonly", "friendsoffriends", "circle",
         "circles", "community", "subscribers", "members", "protected", "restricted", "custom", "mutuals"),
        "limited",
    ),
    **dict.fromkeys(
        ("private", "direct", "specified", "onlyme", "self", "me", "secret", "confidential"), "private"
    ),
}  # fmt: skip
_VISIBILITIES = ("visibility", "postvisibility", "privacy", "privacylevel", "privacystatus")
_PRIVATE = ("private", "isprivate", "isdirect", "isdm", "isdirectmessage")
_PROTECTED = ("protected", "isprotected", "followersonly", "isfollowersonly")
_YES = ("true", "yes", "1", "t", "1.0")
_SENDERS = ("sender", "sendername", "senderusername", "sendernickname", "senderdid", "from", "fromid")
_RECIPIENTS = ("recipient", "recipients", "recipientname", "recipientusername", "receiver", "receivername")
# Fields that say when a program delivered a message, which no letter has.
_DATES = ("date", "createdat", "timestamp", "time", "datetime")
_DELIVERED = ("sentat", "timestampms", "deliveredat", "readat", "messageid", "chatid", "threadid")


def as_row(row: Row) -> Row:
    """The row in our fields, if a network's API wrote it; any other row unchanged, but for its audience."""
    if is_status_of_mastodon(row):
        return _status(row)
    if row.get("type") in _NOTES and isinstance(row.get("content"), str) and "to" in row:
        return _note(row)
    found = "" if row.get("audience") else stated_audience(row)
    return {**row, "audience": found} if found else row


def stated_audience(row: Row) -> str:
    """Who may read a row, as its fields say: public, limited or private; empty if none does.

    A text with a sender and a recipient, or that a messaging program delivered, is private.
    """
    fields = {plain_key(str(key)): value for key, value in row.items()}
    if any(_is_yes(fields.get(name)) for name in _PRIVATE) or _is_message(fields):
        return "private"
    words = (plain_key(str(fields[name])) for name in _VISIBILITIES if fields.get(name) is not None)
    found = {_AUDIENCES[word] for word in words if word in _AUDIENCES}
    if any(_is_yes(fields.get(name)) for name in _PROTECTED):
        found.add("limited")
    return next((audience for audience in ("private", "limited", "public") if audience in found), "")


def _is_message(fields: Mapping[str, Any]) -> bool:
    sent = any(fields.get(name) for name in _SENDERS)
    if sent and any(fields.get(name) for name in _RECIPIENTS):
        return True
    # Pairs of languages are called from and to as well, but have no date.
    if all(isinstance(fields.get(name), str) and fields[name] for name in ("from", "to")):
        return any(fields.get(name) for name in _DATES)
    delivered = [name for name in _DELIVERED if fields.get(name)]
    return (sent and bool(delivered)) or {"chatid", "messageid"} <= set(delivered)


def _is_yes(value: Any) -> bool:
    return value is True or (not isinstance(value, bool) and str(value).strip().lower() in _YES)


def _status(row: Row) -> Row:
    account = row["account"]
    repeated = row.get("reblog")
    whole = repeated if isinstance(repeated, dict) else row
    warning = str(row.get("spoiler_text") or "").strip()
    words = html_text(str(whole.get("content") or ""))
    return {
        **row,
        "text": f"{warning}\n\n{words}" if warning and words else words,
        "content": None,
        "author": str(account.get("acct") or account.get("username") or ""),
        "reply_to": row.get("in_reply_to_id"),
        "is_retweet": repeated is not None,
        "lang": row.get("language"),
        "audience": stated_audience(row) or "private",
    }


def _note(row: Row) -> Row:
    by = row.get("attributedTo")
    return {
        **row,
        "text": html_text(row["content"]),
        "content": None,
        "author": handle(by) if isinstance(by, str) else "",
        "reply_to": row.get("inReplyTo"),
        "audience": audience_of(row),
    }
