"""Rows as the APIs of networks other than X write them: what they mean in our fields, and who may read them.

A status of Mastodon has HTML, an `account` and a `visibility`; a note of ActivityPub has `to` and `cc`. Read
as plain rows they would lose their author, keep their tags, and a message to one person would be public.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from glaswerk.data.messages.message import name_of
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
_LOOKED_AT = 20
# The names of languages that data sets of translations use most.
_LANGUAGES = re.compile(
    r"(?:(?:simplified|traditional) )?(?:english|german|french|spanish|italian|portuguese|dutch|russian|"
    r"chinese|japanese|korean|arabic|hindi|turkish|polish|swedish|danish|norwegian|finnish|greek|hebrew|czech|hungarian|"
    r"romanian|ukrainian|vietnamese|thai|indonesian|latin|bengali|persian|urdu|swahili|tamil|telugu|catalan|"
    r"bulgarian|croatian|serbian|slovak|deutsch|englisch|französisch|spanisch|italienisch|anglais|français|"
    r"allemand|español|inglés)(?: \(.*\))?",
    re.IGNORECASE,
)
_YES = ("true", "yes", "1", "t", "1.0")
_SENDERS = (
    "sender",
    "sendername",
    "senderusername",
    "sendernickname",
    "senderdid",
    "from",
    "fromid",
    "fromname",
)
_RECIPIENTS = (
    "recipient",
    "recipients",
    "recipientname",
    "recipientusername",
    "receiver",
    "receivername",
    "toname",
)
_AUTHORS = ("author", "speaker", "fromuser", "userscreenname", "screenname", "username", "user", "account")
# Who wrote a text that has a recipient.
_WRITERS = (*_SENDERS, "author", "user", "username", "fromuser", "fromnumber")
# Pairs of languages, of numbers and of times are called from and to as well. A long number is somebody's.
_NO_PERSON = re.compile(
    r"(?:en|de|fr|es|it|pt|nl|ru|zh|ja|ko|ar|hi|tr|pl|sv|da|no|nb|nn|fi|el|he|iw|cs|hu|ro|uk|vi|th|id|la|bn|fa|ur|sw|"
    r"ta|te|ca|bg|hr|sr|sk|sl|et|lv|lt|is|ga|cy|eu|gl|mk|sq|hy|ka|az|kk|uz|mn|ne|si|km|lo|my|am|so|zu|xh|af|ms|tl|"
    r"eng|deu|ger|fra|fre|spa|ita|por|nld|rus|zho|jpn|kor|ara|hin|tur|pol)(?:[-_][A-Za-z0-9]{1,8}){0,2}|"
    r"[a-z]{3}_[A-Z][a-z]{3}|[\W\d_]{1,6}|\d+[.,]\d+|\d+\s?\w{1,3}|\d{4}-\d\d.*|\d{1,2}[:./]\d\d.*",
    re.DOTALL,
)
# Fields that say when a program delivered a message, which no letter has.
_DELIVERED = ("sentat", "timestampms", "deliveredat", "readat", "messageid", "chatid", "threadid")


def as_row(row: Row) -> Row:
    """The row in our fields, if a network's API wrote it; any other row unchanged, but for its audience."""
    if is_status_of_mastodon(row):
        return _status(row)
    if row.get("type") in _NOTES and isinstance(row.get("content"), str) and "to" in row:
        return _note(row)
    if row.get("audience"):
        return row
    found = stated_audience(row)
    writer = _writer(row) if found == "private" else ""
    named = {"author": writer} if writer else {}
    return {**row, **named, "audience": found} if found else row


def _writer(row: Row) -> str:
    """Who sent a message, if the row has that and no author under another name."""
    fields = {plain_key(str(key)): value for key, value in row.items()}
    if any(fields.get(name) for name in _AUTHORS):
        return ""
    return next((found for name in _SENDERS if (found := name_of(fields.get(name)))), "")


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
    if any(fields.get(name) for name in _WRITERS) and any(fields.get(name) for name in _RECIPIENTS):
        return True
    pair = fields.get("from"), fields.get("to")
    if all(pair) and any(map(_is_person, pair)):
        return True
    delivered = [name for name in _DELIVERED if fields.get(name)]
    return (sent and bool(delivered)) or {"chatid", "messageid"} <= set(delivered)


def _is_person(value: Any) -> bool:
    """Whether a value may name someone, or several: not a language, a number or a time."""
    if isinstance(value, list):
        return any(map(_is_person, value[:_LOOKED_AT]))
    if isinstance(value, Mapping):
        return True
    said = value.strip() if isinstance(value, str) else ""
    return bool(said) and not _NO_PERSON.fullmatch(said) and not _LANGUAGES.fullmatch(said)


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
