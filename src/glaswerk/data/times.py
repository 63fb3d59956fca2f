"""Times as posts and documents write them, parsed to UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

# The months in English, German, French, Spanish, Italian, Portuguese and Dutch, whole and as X shortens them.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen janeiro "  # codespell:ignore
            "januari",
            "feb february februar février fév févr febrero febbraio fevereiro fev "  # codespell:ignore
            "februari",
            "mar march märz mrz mär mars marzo março maart mrt",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag maio mei",
            "jun june juni juin junio giugno giu junho",  # codespell:ignore
            "jul july juli juillet juil julio luglio lug julho",  # codespell:ignore
            "aug august août aoû agosto ago augustus",
            "sep sept september septembre septiembre settembre set setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",  # codespell:ignore
            "nov november novembre noviembre novembro",
            "dec december dezember dez décembre déc diciembre dic dicembre dezembro",  # codespell:ignore
        ),
        start=1,
    )
    for name in names.split()
}
# What stands around the day, month and year, and says nothing more.
_WORDS = (
    "mon tue tues wed thu thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday "
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag "
    "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche "
    "lunes martes miércoles jueves viernes sábado domingo "
    "st nd rd th er º de del den of the at on um le il à las uhr d l"  # codespell:ignore
)
_FILLERS = frozenset(_WORDS.split())
# Hours from UTC of the zone names that mail has (RFC 5322) and of those of Central Europe.
_HOURS = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6,
    "PST": -8, "PDT": -7, "CET": 1, "CEST": 2, "MEZ": 1, "MESZ": 2,
}  # fmt: skip
_CLOCK = re.compile(
    r"(?<!\d)(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?(?!\d)",
    re.I,
)
_OFFSET = re.compile(r"(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)?(?!\d)")
_PLACE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z_/]{2,40}")
_NAME = re.compile(rf"\b(?:{'|'.join(_HOURS)})\b")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?!\d)")
_DOTTED = re.compile(r"(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.\s?(?P<year>\d{4})(?!\d)")
_SLASHED = re.compile(r"(?P<one>\d{1,2})(?P<mark>[-/])(?P<two>\d{1,2})(?P=mark)(?P<year>\d{4})(?!\d)")
_WORD = re.compile(r"[^\W\d_]+|\d+")
_NUMBER = re.compile(r"[+-]?\d{1,20}(?:\.\d{1,9})?")
# A zone's name in brackets after its offset, as mail writes it.
_COMMENT = re.compile(r"\s?(?:\([A-Za-z ]{1,40}\)| Uhr)$")
_HAN = str.maketrans("年月日", "-- ")
_LONGEST = 80
# A number of seconds since 1970 has at least nine digits: from March 1973 on, and before 1966.
_FEWEST_SECONDS = 10**8
# In order of size: seconds, milliseconds, microseconds, nanoseconds, each from 1973 to about 2286.
_UNITS = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))
_FIRST_YEAR, _LAST_YEAR = 1000, 2199


def parse_time(text: str) -> datetime | None:
    """The UTC time that a text writes; None for anything else, and for what may mean two days.

    Read are X's form ("Wed Oct 10 20:19:24 +0000 2018"), ISO 8601, mail (RFC 5322), 2019/03/12, 12.03.2019,
    dates with the month as a word in seven languages, clocks of 12 and 24 hours, and zones as offsets, as
    places (Europe/Berlin) or as the names in mail. A time without a zone is UTC. Not read: a year or a month
    alone, 03/04/2019 (two days), years of two digits, and years before 1000, which are placeholders.
    """
    text = " ".join(text.split())
    if not text or len(text) > _LONGEST:
        return None
    if _NUMBER.fullmatch(text):
        return moment_of_number(float(text) if "." in text else int(text))
    try:
        return _sensible(_iso(text) or _written(text))
    except (ValueError, OverflowError):
        return None


def moment_of_number(value: float) -> datetime | None:
    """UTC time of a number: 20190312 and 20190312120000, or time since 1970 in seconds down to nanoseconds.

    None for other numbers: 2019 is no time in 1970, and 43536 no day of a spreadsheet.
    """
    whole = int(value) if isinstance(value, int) or (value == value and abs(value) < 10**20) else 0
    day = _digits(str(whole)) if whole == value else None
    if day is not None:
        return day
    if whole == value and len(str(whole)) == 12 and _digits(f"{whole}00") is not None:
        return None  # milliseconds in the seventies, or a day with hours and minutes
    size = abs(whole)
    per_second = next((unit for limit, unit in _UNITS if size < limit), 0)
    if size < _FEWEST_SECONDS or not per_second:
        return None
    try:
        found = datetime.fromtimestamp(value / per_second, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return found if 1900 <= found.year <= _LAST_YEAR else None


def time_of(value: Any) -> datetime | None:
    """UTC time of a value in a row: a time or date of Parquet, a number, or text; None if it is none."""
    if isinstance(value, datetime):
        return _sensible(value)
    if isinstance(value, date):
        return _sensible(datetime(value.year, value.month, value.day, tzinfo=UTC))
    if isinstance(value, dict) and len(value) == 1:  # MongoDB's export
        inner = value.get("$date", value.get("$numberLong"))
        return time_of(inner) if isinstance(inner, dict | str | int | float) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return moment_of_number(value)
    return parse_time(value) if isinstance(value, str) else None


def _digits(text: str) -> datetime | None:
    """The time that YYYYMMDD or YYYYMMDDhhmmss writes, of the years from 1000 on."""
    if len(text) not in (8, 14) or not text.isdigit():
        return None
    parts = [int(text[:4]), *(int(text[i : i + 2]) for i in range(4, len(text), 2))]
    try:
        return _sensible(datetime(*parts, tzinfo=UTC))  # type: ignore[misc, arg-type]
    except ValueError:
        return None


def _iso(text: str) -> datetime | None:
    """ISO 8601, with blanks before the time and the zone, as archives before 2019 wrote."""
    day, _, rest = text.partition(" ")
    for form in (text, f"{day}T{rest.replace(' ', '')}"):
        try:
            return datetime.fromisoformat(form)
        except ValueError:
            continue
    return None


def _written(text: str) -> datetime | None:
    """A day in numbers or words, with or without a clock and a zone in any order."""
    zone, text = _zone(_COMMENT.sub("", text.translate(_HAN)))
    clock = _CLOCK.search(text)
    rest = text[: clock.start()] + " " + text[clock.end() :] if clock else text
    day = _day(rest.strip(" ,").removesuffix("T"))
    if day is None:
        return None
    hour, minute, second, micro = _of_clock(clock) if clock else (0, 0, 0, 0)
    return datetime(*day, hour, minute, second, micro, tzinfo=zone)


def _zone(text: str) -> tuple[tzinfo, str]:
    """The zone that a text names, UTC if none, and the text without it."""
    for pattern in (_PLACE, _OFFSET, _NAME):
        # A year and a day are no offset, so the offset follows the clock.
        found = pattern.search(text, (clock.end() - 1 if (clock := _CLOCK.search(text)) else 0))
        if found and (pattern is not _OFFSET or ":" in text[: found.start()]):
            return _zone_of(found), f"{text[: found.start()]} {text[found.end() :]}".strip()
    return UTC, text


def _zone_of(found: re.Match[str]) -> tzinfo:
    if found.re is _PLACE:
        try:
            return ZoneInfo(found[0])
        except (KeyError, OSError) as error:
            raise ValueError(found[0]) from error
    if found.re is _NAME:
        return timezone(timedelta(hours=_HOURS[found[0]]))
    away = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"] or 0))
    return timezone(-away if found["sign"] == "-" else away)


def _of_clock(clock: re.Match[str]) -> tuple[int, int, int, int]:
    hour, half = int(clock["hour"]), (clock["half"] or "").lower()
    if half and not 1 <= hour <= 12:
        raise ValueError(clock[0])
    hour = hour % 12 + 12 * (half == "p") if half else hour
    return (
        hour,
        int(clock["minute"]),
        int(clock["second"] or 0),
        int((clock["part"] or "0").ljust(6, "0")[:6]),
    )


def _day(text: str) -> tuple[int, int, int] | None:
    """Year, month and day."""
    found = _YEAR_FIRST.fullmatch(text) or _DOTTED.fullmatch(text)
    if found:
        return int(found["year"]), int(found["month"]), int(found["day"])
    if slashed := _SLASHED.fullmatch(text):
        one, two = int(slashed["one"]), int(slashed["two"])
        # Americans write the month first, most others the day: sure only if one of the two is no month.
        return (
            (int(slashed["year"]), min(one, two), max(one, two)) if max(one, two) > 12 or one == two else None
        )
    return _day_in_words(text)


def _day_in_words(text: str) -> tuple[int, int, int] | None:
    words = [word.lower() for word in _WORD.findall(text)]
    numbers = [word for word in words if word.isdigit()]
    months = [_MONTHS[word] for word in words if word in _MONTHS]
    known = all(word.isdigit() or word in _MONTHS or word in _FILLERS for word in words)
    years = [int(n) for n in numbers if len(n) == 4]
    days = [int(n) for n in numbers if len(n) < 3]
    # In Spanish and French, "mar" is also a Tuesday, before the month.
    if (
        known
        and len(set(months[-1:])) == len(years) == len(days) == 1
        and len(months) <= 1 + ("mar" in words)
    ):
        return years[0], months[-1], days[0]
    return None


def _sensible(found: datetime | None) -> datetime | None:
    """The time in UTC; None for the years that programs write for "unknown"."""
    if found is None:
        return None
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found if _FIRST_YEAR <= found.year <= _LAST_YEAR else None
