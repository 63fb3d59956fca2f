"""Logs of IRC, as WeeChat, irssi, ZNC, HexChat, mIRC and channel bots write them.

A channel is a public place: its messages are public, unless the log itself shows that the channel was secret,
closed or by invitation (limited). What two people wrote to each other is private, and so is a log that names
no channel.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from glaswerk.data.files.limits import TEXT_FILE_BYTES
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.messages.message import ExportedMessage

_CLOCK = r"(?P<time>\d{1,2}:\d{2}(?::\d{2})?)"
_DAY = r"(?P<day>\d{4}-\d\d-\d\d|[A-Z][a-z]{2} [ \d]\d)"
# "[12:00:01] <ada> text", "12:00 < ada> text", "Mar 12 12:00:01 <ada>\ttext", "2019-03-12T12:00:01  <ada> …".
_LINE = re.compile(
    rf"\[?(?:{_DAY}[ T])?{_CLOCK}\]?[ \t]{{1,3}}(?:<(?P<nick>[ @+%&~!]?[^<>\s]{{1,64}})>[ \t]?(?P<text>.*)|"
    r"\* (?P<actor>[^\s*]{1,64}) (?P<act>.*)|(?P<system>.*))"
)
# WeeChat separates time, name and text by tabs.
_TABS = re.compile(r"(?P<day>\d{4}-\d\d-\d\d) (?P<time>\d\d:\d\d:\d\d)\t(?P<nick>[^\t]{0,64})\t(?P<text>.*)")
_ARROWS = ("-->", "<--", "--", "=!=", "")
_DATED = re.compile(
    r"(?:--- (?:Log opened|Day changed)|\*\*\*\* BEGIN LOGGING AT|Session (?:Start|Time):|----) "
    r"(?:\w{3} )?(?P<month>[A-Z][a-z]{2}) (?P<day>[ \d]\d)(?: \d\d:\d\d:\d\d)? (?P<year>\d{4})"
)
_OPENED = re.compile(rb"(?m)^(?:--- Log opened |\*\*\*\* BEGIN LOGGING AT |Session Start: )")
_SYSTEM = ("***", "-!-", "===", "*\t", "-->", "<--", "--")
_TABLES = (".csv", ".tsv", ".tab")
_FILE_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")
_CHANNEL = re.compile(r"(?:^|[/._-])(#{1,3}[^\s,/]{1,60}|&[^\s,/]{1,60})")
_NAMES_CHANNEL = re.compile(
    rb"(?im)(?:has joined|has left|Now talking on|Topic for|topic of|Channel|mode/|Mode|Session Ident:|to) "
    rb"[^\n#<>]{0,40}?(#[^\s,:\]]{1,60})"
)
# Secret, by invitation, with a key, private: as programs write a change of mode.
_CLOSED = re.compile(
    rb"(?im)^[^<>\n]{0,60}\bmodes?[:/ ][^<>\n]{0,80}?\+[a-zA-Z]{0,9}[sikp][a-zA-Z]{0,9}(?:[\s\]+-]|$)"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_irc(head: bytes, name: str) -> bool:
    """Whether the first lines of a text file are those of a log of IRC."""
    base = name.lower()
    lines = [line for line in head[:16384].decode("utf-8", "replace").splitlines() if line.strip()][:60]
    if base.endswith(_TABLES) or not lines:
        return False
    found = [match for line in lines if (match := _LINE.fullmatch(line))]
    spoken = sum(match["nick"] is not None for match in found)
    noted = [line for line in found if line["system"] is not None and line["system"].startswith(_SYSTEM)]
    if _OPENED.search(head[:4096]) and (spoken or noted):
        return True
    tabs = [match for line in lines if (match := _TABS.fullmatch(line))]
    if base.endswith(".weechatlog"):
        return bool(tabs)
    arrows = any(match["nick"] in _ARROWS[:4] for match in tabs)
    if arrows and 2 * len(tabs) >= len(lines):
        return True
    told = sum(match["nick"] is not None or match["actor"] is not None for match in found) + len(noted)
    return spoken > 0 and told > 1 and 2 * told >= len(lines)


def read_irc(stored: StoredFile, chat: str, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """What people wrote; joins, topics and modes are counted as system_message.

    Times have no zone and are taken as UTC; without a day in the line, it is that of the last line that
    names one, or of the file's name.
    """
    data = stored.whole(TEXT_FILE_BYTES)
    audience = _audience(data, stored.name)
    day = _Day(stored.name)
    for number, raw in enumerate(io.BytesIO(data), start=1):
        line = raw.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
        found = _TABS.fullmatch(line) or _LINE.fullmatch(line)
        author, text = _said(found) if found else ("", "")
        text = text.replace("\0", "").strip()
        if found and author and text:
            time = day.at(found["day"], found["time"])
            yield ExportedMessage(f"irc:{chat}/{number}", author, text, time, audience)
        elif line.strip():
            day.note(line)
            left_out["system_message"] += 1


def _said(found: re.Match[str]) -> tuple[str, str]:
    """Who wrote a line, and what; nobody for what a program wrote."""
    groups = found.groupdict()
    if groups.get("actor"):
        return (groups["actor"], f"* {groups['actor']} {groups['act']}")
    nick, text = (groups.get("nick") or "").strip(), groups.get("text") or ""
    if nick == "*":  # WeeChat's actions
        return text.partition(" ")[0], f"* {text}"
    return ("", "") if nick in _ARROWS else (nick.lstrip("@+%&~!"), text)


def _audience(data: bytes, name: str) -> str:
    place = PurePosixPath(name)
    if not (_CHANNEL.search(place.name) or _CHANNEL.search(place.parent.name)):
        named = {match[1].lower() for match in _NAMES_CHANNEL.finditer(data)}
        # The log of a server, or of a person who joins channels, names several.
        if len(named) != 1:
            return "private"
    return "limited" if _CLOSED.search(data) else "public"


@dataclass(slots=True)
class _Day:
    """The day that lines without one belong to."""

    name: str
    _date: tuple[int, int, int] | None = None

    def __post_init__(self) -> None:
        found = _FILE_DAY.search(PurePosixPath(self.name).name)
        self._date = (int(found[1]), int(found[2]), int(found[3])) if found else None

    def note(self, line: str) -> None:
        """A line that may say which day begins."""
        found = _DATED.match(line)
        if found and found["month"] in _MONTHS:
            self._date = (int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"]))

    def at(self, day: str | None, clock: str) -> datetime | None:
        """The moment of a line; None if no day is known."""
        date = self._date
        if day and day[0].isdigit():
            date = (int(day[:4]), int(day[5:7]), int(day[8:10]))
        elif day and date and day[:3] in _MONTHS:
            date = (date[0], _MONTHS.index(day[:3]) + 1, int(day[4:]))
        try:
            return datetime(*date, *map(int, clock.split(":")), tzinfo=UTC) if date else None  # type: ignore[misc, arg-type]
        except ValueError:
            return None
