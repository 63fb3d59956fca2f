"""One message, and what all programs' exports have in common: times, texts in pieces, damaged encodings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from glaswerk.data.times import parse_time

_GOOGLE = re.compile(
    r"\w+, (?P<month>[A-Z][a-z]{2})[a-z]* (?P<day>\d{1,2}), (?P<year>\d{4}) at (?P<hour>\d{1,2}):"
    r"(?P<rest>\d{2}:\d{2})\s(?P<half>[AP]M)(?: UTC)?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# Who wrote what the account itself sent, where an export does not name it.
ME = "Me"


@dataclass(frozen=True, slots=True)
class ExportedMessage:
    """A message, or a post of the account itself if `audience` is not "private".

    `id` is unique in the world as far as the program allows: it starts with the program and the conversation.
    """

    id: str
    author: str
    text: str
    created_at: datetime | None
    audience: str = "private"
    reply_to: str = ""


def moment(value: Any) -> datetime | None:
    """A time from seconds, milliseconds or microseconds since 1970, as a number or text, or from ISO 8601."""
    text = str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    try:
        seconds = float(text)
    except ValueError:
        return parse_time(_plainer(text)) if text else None
    # Microseconds of the year 5138 are the most that any program writes; "inf" and "nan" are no times.
    if not 0 < seconds < 1e17:
        return None
    while seconds >= 1e11:
        seconds /= 1000
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _plainer(text: str) -> str:
    """A time of Google's ("Tuesday, March 12, 2019 at 1:00:05 PM UTC") in ISO 8601; others unchanged."""
    match = _GOOGLE.fullmatch(text)
    if not match or match["month"] not in _MONTHS:
        return text.removesuffix(" UTC")
    hour = int(match["hour"]) % 12 + 12 * (match["half"] == "PM")
    day = f"{match['year']}-{_MONTHS.index(match['month']) + 1:02}-{int(match['day']):02}"
    return f"{day}T{hour:02}:{match['rest']}"


def text_of(value: Any) -> str:
    """The text of a message that is a string, or a list of strings and of objects with a `text`."""
    if isinstance(value, list):
        return "".join(text_of(piece) for piece in value)
    if isinstance(value, Mapping):
        inner = value.get("text", value.get("body", ""))
        return inner if isinstance(inner, str) else ""
    return value.replace("\0", "") if isinstance(value, str) else ""


def name_of(value: Any) -> str:
    """A person's name: a string, or an object with one."""
    if isinstance(value, Mapping):
        keys = ("nickname", "real_name", "display_name", "name", "username")
        value = next((value[key] for key in keys if isinstance(value.get(key), str) and value[key]), "")
    return value.strip() if isinstance(value, str) else ""


def sender(name: str) -> str:
    """The name, with one word for the account itself, which programs call "Me" or "You"."""
    name = name.strip()
    return ME if name in ("Me", "You") else name


def repaired(text: str) -> str:
    """`text` as it was written, if a program took its UTF-8 for Latin-1, as Meta's exports do."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
