"""Posts of X as scrapers, hydrators and tables write them, with the names of a v1.1 status.

Every program has its own names for the same dozen fields. They are compared without case and punctuation, so
that "in_reply_to_status_id", "inReplyToStatusId" and "In Reply To Status ID" are one.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from glaswerk.data.posts.post import digits
from glaswerk.data.posts.recognise import Record, address_id, dicts, plain_key

_IDS = ("tweetid", "idstr", "statusid", "id", "restid")
_TEXTS = ("fulltext", "rawcontent", "text", "tweettext", "content", "tweet", "body")
_DATES = ("createdat", "tweettime", "date", "timestamp", "datetime", "postedtime")
_LANGUAGES = ("lang", "language", "tweetlanguage", "isolanguagecode")
_REPLIES = (
    "inreplytostatusidstr",
    "inreplytostatusid",
    "inreplytotweetidstr",
    "inreplytotweetid",
    "inreplytoid",
    "referencedtweetsrepliedtoid",
)
_QUOTES = (
    "quotedstatusidstr",
    "quotedstatusid",
    "quotedtweetidstr",
    "quotedtweetid",
    "quotetweetid",
    "quoteid",
    "referencedtweetsquotedid",
)
_RETWEETS = (
    "retweetedstatusidstr",
    "retweetedstatusid",
    "retweetedtweetidstr",
    "retweetedtweetid",
    "retweettweetid",
    "retweetedid",
    "retweetid",
    "referencedtweetsretweetedid",
)
_QUOTED = ("quotedstatus", "quotedtweet", "quote")
_RETWEETED = ("retweetedstatus", "retweetedtweet", "retweet")
_HANDLES = (
    "userscreenname",
    "screenname",
    "userusername",
    "authorusername",
    "username",
    "fromuser",
    "handle",
)
_PEOPLE = ("user", "author")
_PROTECTED = ("userprotected", "authorprotected", "protected", "isprotected")
_LINKS = ("links", "tcolinks", "outlinks", "urls")
_SHORT, _LONG = ("tcourl", "shorturl", "url"), ("expandedurl", "url")


def flat_status(record: Record) -> dict[str, Any] | None:
    """The record with the names of a v1.1 status and a `user`; None if it lacks an id or a text.

    Quoted and repeated posts inside it are in `quoted_status` and `retweeted_status`, as they were found.
    """
    fields = {plain_key(str(key)): value for key, value in record.items()}
    identifier = _number(fields, _IDS) or address_id(fields)
    text = next((fields[key] for key in _TEXTS if isinstance(fields.get(key), str)), None)
    if not identifier or text is None:
        return None
    return {
        "id_str": identifier,
        "full_text": text,
        "created_at": _date(fields),
        "lang": _word(fields, _LANGUAGES),
        "in_reply_to_status_id_str": _number(fields, _REPLIES),
        "quoted_status_id_str": _number(fields, _QUOTES) or _inner_id(fields, _QUOTED),
        "retweeted_status_id_str": _number(fields, _RETWEETS) or _inner_id(fields, _RETWEETED),
        "entities": {"urls": _links(fields)},
        "user": {"screen_name": _handle(fields), "protected": _is_protected(fields)},
        "quoted_status": _inner(fields, _QUOTED),
        "retweeted_status": _inner(fields, _RETWEETED),
    }


def _number(fields: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    """The first of `keys` that holds an id; tables made with pandas write whole numbers as "12.0"."""
    return next((found for key in keys if (found := _identifier(fields.get(key)))), "")


def _identifier(value: Any) -> str:
    """An id. A float of JSON has lost digits; as text, a short one has not."""
    if isinstance(value, str):
        value = value.strip()
        value = value.removesuffix(".0") if len(value) < 18 else value
    return digits(value if value is not None else "")


def _word(fields: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return next((fields[key].strip() for key in keys if isinstance(fields.get(key), str)), "")


def _date(fields: Mapping[str, Any]) -> str:
    """The time as text; that of the search API until 2012 is a mail's ("Wed, 19 Jan 2011 21:16:37 +0000")."""
    text = next((str(fields[key]).strip() for key in _DATES if fields.get(key) not in (None, "")), "")
    if "," in text[:4]:
        try:
            return parsedate_to_datetime(text).isoformat()
        except ValueError:
            return text
    return text.removesuffix(" UTC")


def _inner(fields: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((fields[key] for key in keys if isinstance(fields.get(key), dict)), None)


def _inner_id(fields: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    inner = _inner(fields, keys)
    found = {plain_key(str(key)): value for key, value in inner.items()} if inner else {}
    return _number(found, _IDS)


def _handle(fields: Mapping[str, Any]) -> str:
    """The author's handle: a column, a name, or a record of the user."""
    name = _word(fields, _HANDLES)
    for key in _PEOPLE:
        person = fields.get(key)
        if not name and isinstance(person, dict):
            name = _word({plain_key(str(k)): value for k, value in person.items()}, _HANDLES)
        elif not name and isinstance(person, str):
            name = person.strip()
    return name.removeprefix("@")


def _is_protected(fields: Mapping[str, Any]) -> bool:
    people = [fields[key] for key in _PEOPLE if isinstance(fields.get(key), dict)]
    values = [fields.get(key) for key in _PROTECTED]
    values += [person.get("protected", person.get("isProtected")) for person in people]
    return any(value is True or str(value).lower() in ("true", "1", "1.0") for value in values)


def _links(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Short links with the addresses that they stand for."""
    found = []
    for item in (item for key in _LINKS for item in dicts(fields.get(key))):
        plain = {plain_key(str(key)): value for key, value in item.items()}
        short, long = _word(plain, _SHORT), _word(plain, _LONG)
        if short and long and short != long:
            found.append({"url": short, "expanded_url": long})
    return found
