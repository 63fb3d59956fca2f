"""Chats that programs save or copy as text: LINE, KakaoTalk, WeChat, Telegram, DiscordChatExporter, Zoom.

A program is recognised by the lines that begin its messages, which name a writer and a time; some write the
day on a line of its own. Every other line belongs to the message before it. All of them are private.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from glaswerk.data.files.stored import StoredFile
from glaswerk.data.files.utf8 import as_utf8, wide_encoding
from glaswerk.data.messages.message import ExportedMessage
from glaswerk.data.messages.text_lines import text_lines

_TIME = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?"
_HALF = r"(?:(?P<before>오전|오후|上午|下午|午前|午後|AM|PM) ?)?"
_DAY = r"(?P<year>\d{4})[-/.년年] ?(?P<month>\d{1,2})[-/.월月] ?(?P<day>\d{1,2})[일日]?"
_LITTLE = r"(?P<day>\d{1,2})[./ -](?P<month>\d{1,2}|[A-Z][a-z]{2})[a-z]*[./ -](?P<year>\d{4}|\d\d)"
_NAME = r"(?P<name>[^\s\[\]][^\[\]\t]{0,79})"


@dataclass(frozen=True, slots=True)
class _Program:
    """What begins a message, what says the day of those below, and what only the program's head has."""

    message: re.Pattern[str]
    day: re.Pattern[str] | None = None
    # If a file has such a line, one message is enough.
    title: re.Pattern[str] | None = None


_PROGRAMS = {
    "line": _Program(
        re.compile(rf"{_HALF}{_TIME}(?: ?(?P<half>[AP]M))?\t(?P<name>[^\t]{{1,80}})\t\"?(?P<text>.*)"),
        re.compile(rf"(?:[A-Z][a-z]{{2}}, )?(?:{_DAY}|(?P<m>\d\d)/(?P<d>\d\d)/(?P<y>\d{{4}})).{{0,12}}"),
        re.compile(r"\[LINE\] .+"),
    ),
    "kakaotalk": _Program(
        re.compile(rf"\[{_NAME}\] \[{_HALF}{_TIME}(?: (?P<half>[AP]M))?\] (?P<text>.*)"),
        re.compile(rf"-{{5,}} {_DAY}.{{0,20}}-{{5,}}"),
        re.compile(r".+(?:님과 카카오톡 대화|카카오톡 대화|KakaoTalk Chats?.*)"),
    ),
    "wechat": _Program(re.compile(rf"{_DAY} {_TIME} (?P<name>\S.{{0,79}})(?P<text>)")),
    "telegram-text": _Program(
        re.compile(
            rf"(?P<name>\S.{{0,79}}?), \[{_LITTLE}(?: at)?,? {_TIME}(?: ?(?P<half>[AP]M))?\]:?(?P<text>)"
        )
    ),
    "discord-text": _Program(
        re.compile(
            rf"\[(?:{_LITTLE}|(?P<m>\d\d?)/(?P<d>\d\d?)/(?P<y>\d{{4}})) {_TIME}(?: (?P<half>[AP]M))?\] "
            r"(?P<name>[^:]{1,80})(?P<text>)"
        ),
        title=re.compile(r"(?:Guild|Channel): .+"),
    ),
    "zoom": _Program(
        re.compile(rf"{_TIME}\t ?From +(?P<name>.{{1,80}}?)(?: [Tt]o .{{1,80}}?)? ?:[ \t]*(?P<text>.*)|"
                   r"(?P<h2>\d\d):(?P<m2>\d\d):(?P<s2>\d\d) From (?P<n2>.{1,80}?) [Tt]o .{1,80}:(?P<t2>.*)")
    ),
}  # fmt: skip
TRANSCRIPTS = frozenset(_PROGRAMS)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_AFTERNOON, _MORNING = ("오후", "下午", "午後", "PM"), ("오전", "上午", "午前", "AM")
# Tables have times and tabs as well.
_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".json")


def transcript_of(head: bytes, name: str) -> str:
    """The program that saved a file of messages as text; empty for any other text.

    Three messages of at least two lines in five, or two below the program's own title.
    """
    if name.lower().endswith(_TABLES):
        return ""
    text = head[:16384].decode(wide_encoding(head) or "utf-8", "replace").removeprefix("\ufeff")
    lines = [line.rstrip() for line in text.splitlines() if line.strip()][:60]
    for app, program in _PROGRAMS.items():
        found = [match for line in lines if (match := program.message.fullmatch(line))]
        titled = program.title is not None and any(map(program.title.fullmatch, lines[:6]))
        writers = Counter(_named(match) for match in found)
        if titled and found:
            return app
        if len(found) >= 3 and 5 * len(found) >= 2 * len(lines) and max(writers.values()) > 1:
            return app
    return ""


def read_transcript(
    app: str, stored: StoredFile, chat: str, left_out: Counter[str]
) -> Iterator[ExportedMessage]:
    """The messages of a chat; lines before the first one are counted as system_message.

    Times have no zone and are taken as UTC.
    """
    program, day = _PROGRAMS[app], None
    begun: tuple[str, datetime | None, list[str]] | None = None
    number = 0
    for line in text_lines(StoredFile(stored.name, as_utf8(stored), b"")):
        found = program.message.fullmatch(line.rstrip())
        dated = program.day.fullmatch(line.strip()) if program.day and not found else None
        if not found and not dated:
            if begun is not None:
                begun[2].append(line)
            elif line.strip():
                left_out["system_message"] += 1
            continue
        if begun is not None:
            number += 1
            yield from _message(f"{app}:{chat}/{number}", begun, left_out)
        day = _date(found or dated) or day  # type: ignore[arg-type]
        begun = (_named(found), _moment(found, day), [_said(found)]) if found else None
    if begun is not None:
        yield from _message(f"{app}:{chat}/{number + 1}", begun, left_out)


def _message(
    identifier: str, begun: tuple[str, datetime | None, list[str]], left_out: Counter[str]
) -> Iterator[ExportedMessage]:
    author, moment, lines = begun
    text = "\n".join(lines).replace("\0", "").strip()
    if text:
        yield ExportedMessage(identifier, author, text, moment)
    else:
        left_out["system_message"] += 1


def _group(match: re.Match[str], *names: str) -> str:
    groups = match.groupdict()
    return next((found for name in names if (found := groups.get(name))), "")


def _named(match: re.Match[str]) -> str:
    return _group(match, "name", "n2").strip()


def _said(match: re.Match[str]) -> str:
    return _group(match, "text", "t2")


def _date(match: re.Match[str]) -> tuple[int, int, int] | None:
    year, month, day = (_group(match, *names) for names in (("year", "y"), ("month", "m"), ("day", "d")))
    if not year:
        return None
    number = _MONTHS.index(month) + 1 if month in _MONTHS else int(month) if month.isdigit() else 0
    return int(year) + (2000 if len(year) == 2 else 0), number, int(day)


def _moment(match: re.Match[str], date: tuple[int, int, int] | None) -> datetime | None:
    hour, half = int(_group(match, "hour", "h2")), _group(match, "half", "before")
    hour += 12 if half in _AFTERNOON and hour < 12 else 0
    hour -= 12 if half in _MORNING and hour == 12 else 0
    try:
        clock = hour, int(_group(match, "minute", "m2")), int(_group(match, "second", "s2") or 0)
        return datetime(*date, *clock, tzinfo=UTC) if date else None
    except ValueError:
        return None
