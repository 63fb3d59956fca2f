"""A chat that WhatsApp exported as text, from Android or iOS, with the dates of any locale."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from glaswerk.data.files.limits import MAIL_LINE_BYTES, TEXT_FILE_BYTES
from glaswerk.data.files.utf8 import wide_encoding
from glaswerk.data.messages.day_order import day_order
from glaswerk.data.messages.message import ExportedMessage

# Marks of direction, which WhatsApp puts before its own words and around dates.
_MARKS = "\u200e\u200f\u202a\u202b\u202c\u2068\u2069"
_BLANK = "[\\s\u202f\u00a0]"
# iOS writes "[12.03.19, 12:00:05] Name: text", Android "12.03.19, 12:00 - Name: text", Korea "오후 12:00, ".
# Arabic has marks inside its dates, Bulgarian a letter after the year, Chinese no blank before the hour, and
# languages put their own words for the halves of the day before or after the time.
_GAP = rf"[{_MARKS}]*"
_LINE = re.compile(
    rf"{_GAP}(?P<open>\[)?{_GAP}(?P<a>\d{{1,4}}){_GAP}(?P<sep>[./-]|年|년){_BLANK}?(?P<b>\d{{1,2}}){_GAP}"
    rf"(?:[./-]|月|월){_BLANK}?(?P<c>\d{{1,4}})(?:[.日일]|{_BLANK}г\.)?{_GAP}[,،]?{_GAP}{_BLANK}"
    rf"(?:(?P<before>[^\W\d]{{1,6}}\.?){_BLANK}?)?(?P<hour>\d{{1,2}})[:.]"
    rf"(?P<minute>\d{{2}})(?:[:.](?P<second>\d{{2}}))?"
    rf"(?:{_BLANK}{{0,2}}(?P<half>[^\W\d]{{1,2}}\.?{_BLANK}?[^\W\d]{{1,10}}\.?|[^\W\d]\.?))?"
    rf"(?P<close>\]{_BLANK}|{_BLANK}[-–]{_BLANK}|,{_BLANK})(?P<rest>.*)",
    re.DOTALL,
)
# As `_clock` sees them: in lower case, without dots and blanks.
_AFTERNOON = frozenset(
    ("pm", "오후", "下午", "午後", "晚上", "中午", "م", "مساء", "بظ", "μμ", "ptg", "ch", "epasdites", "du")
)
_MORNING = frozenset(
    ("am", "오전", "上午", "午前", "凌晨", "早上", "ص", "صباحا", "قظ", "πμ", "pg", "sa", "eparadites", "de")
)
_BUDDHIST, _FIRST_YEAR = 52, 1990
_NAME = re.compile(r"(?P<name>[^:\"“”«»„]{1,80}?) ?: (?P<text>.*)", re.DOTALL)
# What stands for a picture, a recording or a file that was not exported.
_NO_WORDS = re.compile(r"<[^<>]{3,60}>|\S+\.\w{2,4} \([^()]{3,40}\)", re.DOTALL)


@dataclass(slots=True)
class _Draft:
    """A message of the file: its date in numbers, and its words so far."""

    numbers: tuple[int, int, int]
    time: tuple[int, int, int]
    separator: str
    rest: str


def is_whatsapp(head: bytes, name: str) -> bool:
    """Whether the first lines of a text file are those of an exported chat.

    Minutes and diaries may have such lines as well, so a file without WhatsApp's name needs several messages
    and hardly anything else.
    """
    text = head[:8192].decode(wide_encoding(head) or "utf-8", "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    # The last line of a part may be cut off.
    lines = (lines[:-1] if len(head) >= 8192 else lines)[:40]
    found = [match for line in lines if (match := _LINE.match(line.lstrip("\ufeff"))) and _ends_alike(match)]
    named = [match for match in found if _NAME.fullmatch(match["rest"])]
    base = name.rpartition("/")[2].lower()
    if "whatsapp" in base or base == "_chat.txt":
        return bool(found)
    writers = Counter(match["name"] for line in named if (match := _NAME.fullmatch(line["rest"])))
    if len(found) == len(lines) > 1 and len(writers) == 2 and not found[0]["close"].startswith(","):
        return len(named) == len(lines)  # the beginning of a chat: nothing but two people's messages
    return len(named) >= 3 and max(writers.values()) > 1 and 2 * len(found) >= len(lines)


def read_whatsapp(stream: BinaryIO, chat: str, left_out: Counter[str]) -> Iterator[ExportedMessage]:
    """The messages of a chat; lines that WhatsApp wrote itself are counted as system_message.

    Times have no zone and are taken as UTC. Whether a date begins with the day is decided by the complete
    file: by numbers over 12, then by which order makes time go forward.
    """
    drafts = list(_drafts(stream))
    order = day_order([draft.numbers for draft in drafts], drafts[0].separator if drafts else "/")
    for number, draft in enumerate(drafts, start=1):
        found = _NAME.fullmatch(draft.rest)
        text = found["text"] if found else ""
        # WhatsApp's own words under someone's name begin with a mark of direction.
        if not found or text[:1] in _MARKS or _NO_WORDS.fullmatch(text.strip()) or not text.strip():
            left_out["system_message"] += 1
            continue
        moment = _moment(draft, order)
        author = found["name"].strip(_MARKS + "~ \u202f\u00a0")
        stripped = text.strip().replace("\0", "")
        yield ExportedMessage(f"whatsapp:{chat}/{number}", author, stripped, moment)


def _drafts(stream: BinaryIO) -> Iterator[_Draft]:
    draft: _Draft | None = None
    left = TEXT_FILE_BYTES
    while left > 0 and (raw := stream.readline(MAIL_LINE_BYTES)):
        left -= len(raw)
        line = raw.decode("utf-8", "replace").lstrip("\ufeff").rstrip("\r\n")
        match = _LINE.match(line)
        if match and _ends_alike(match):
            if draft is not None:
                yield draft
            numbers = (int(match["a"]), int(match["b"]), int(match["c"]))
            draft = _Draft(numbers, _clock(match), match["sep"], match["rest"])
        elif draft is not None:
            draft.rest += f"\n{line}"
    if draft is not None:
        yield draft


def _ends_alike(match: re.Match[str]) -> bool:
    """Whether a bracket that opens the date closes it, and none closes what none opened."""
    return bool(match["open"]) == match["close"].startswith("]")


def _clock(match: re.Match[str]) -> tuple[int, int, int]:
    hour = int(match["hour"])
    half = re.sub(r"[\W_]", "", (match["half"] or match["before"] or "").lower())
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half in _MORNING and hour == 12:
        hour = 0
    return hour, int(match["minute"]), int(match["second"] or 0)


def _moment(draft: _Draft, order: tuple[int, int, int]) -> datetime | None:
    year, month, day = (draft.numbers[place] for place in order)
    # Thailand counts from 543 years earlier, and no chat is of 1952 or 2052; Iran's years are left alone.
    year += 2500 if _BUDDHIST <= year < 100 else 2000 if year < 100 else 0
    year -= 543 if year > _BUDDHIST + 2400 else 0
    if year < _FIRST_YEAR:
        return None
    try:
        return datetime(year, month, day, *draft.time, tzinfo=UTC)
    except ValueError:
        return None
