"""The times and authors that a question names: what narrows the search instead of being searched."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from glaswerk.retrieve.retriever import Filters
from glaswerk.retrieve.terms import is_common

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january januar jan",
            "february februar feb",
            "march märz mar",
            "april apr",
            "may mai",
            "june juni jun",
            "july juli jul",
            "august aug",
            "september sep sept",
            "october oktober oct okt",
            "november nov",
            "december dezember dec dez",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_DAY = (
    r"(?P<iso>\d{4}-\d\d-\d\d)|"
    rf"(?:(?P<day>\d{{1,2}})\.?\s+)?(?P<month>{_MONTH})\b\.?(?:\s+(?P<year>\d{{4}}))?|"
    r"(?P<alone>\d{4})\b"
)
_TIME = re.compile(
    rf"\b(?P<since>since|after|from|seit|ab|nach(?: dem)?)\s+(?:dem\s+)?(?:{_DAY})"
    rf"|\b(?:before|until|till|up to|vor(?: dem)?|bis(?: zum)?)\s+(?:{_DAY.replace('?P<', '?P<to_')})",
    re.I,
)
_SAID = re.compile(
    r"\b(said|says?|saying|wrote|writes?|written|posted|tweeted|think|thinks|thought|opinions?|"
    r"by|from|sagt|sagten?|sagen|schrieb(?:en)?|schreib(?:t|en)|geschrieben|meint|meinen|meinten?|denk(?:t|en)|von)\b",
    re.I,
)
# Questions whose times are those of documents; "Who ruled after 1804?" is about what they tell.
_DATED = re.compile(
    r"\b(changed?|changes|new|news|latest|neue?[rsnm]?|neueste[rsnm]?|geändert|posts?|tweets?|messages?|e-?mails?|"
    r"letters|articles?|beiträge|nachrichten|artikel|briefe)\b|\b(happened|geschah|passierte|geschehen|passiert)\b"
    r"(?=.*\b(since|seit)\b)",
    re.I,
)
# Authors that are asked for at once.
_MOST_AUTHORS = 4
_WORD = re.compile(r"@?\w[\w'’.-]*")
# Words of the longest author's name that is looked for.
_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class Scope:
    """What is searched: `question` without what became a filter, and one search for each author named.

    `authors`: as the documents spell them; () if the question asks for nobody's words.
    """

    question: str
    filters: Filters
    authors: tuple[str, ...] = ()


def scope(question: str, filters: Filters, known: Callable[[str], str | None], today: date) -> Scope:
    """Read times ("since May") and authors ("What did Ada say about …").

    known: the spelling of an author's name in the documents, None for a name of nobody there. Filters that
    are set already stay.
    """
    rest, found = question, filters
    if _SAID.search(question) or _DATED.search(question):
        rest, found = _timed(question, filters, today)
    if found.author or not _SAID.search(rest):
        return Scope(rest, found)
    names = _authors(rest, known)
    for written in names:
        rest = rest.replace(written, " ")
    said = _SAID.sub(" ", rest) if names else rest
    return Scope(" ".join(said.split()), found, tuple(dict.fromkeys(names.values()))[:_MOST_AUTHORS])


def _timed(question: str, filters: Filters, today: date) -> tuple[str, Filters]:
    for match in reversed(list(_TIME.finditer(question))):
        after = match["since"] is not None
        prefix = "" if after else "to_"
        days = _days({name: match[prefix + name] for name in ("iso", "day", "month", "year", "alone")}, today)
        if days is None:
            continue
        try:
            filters = _since(filters, match, *days) if after else _until(filters, match, *days)
        except OverflowError:  # before the year 1, after 9999
            continue
        question = f"{question[: match.start()]} {question[match.end() :]}"
    return " ".join(question.split()), filters


def _since(filters: Filters, match: re.Match[str], first: date, last: date) -> Filters:
    past = match["since"].lower() in ("after", "nach", "nach dem")
    start = last + timedelta(1) if past else first
    return filters if filters.since else replace(filters, since=start.isoformat())


def _until(filters: Filters, match: re.Match[str], first: date, last: date) -> Filters:
    # "bis Mai" ends with May, "vor Mai" before it.
    whole = match[0].lower().startswith(("until", "till", "up to", "bis"))
    end = last if whole else first - timedelta(1)
    return filters if filters.until else replace(filters, until=end.isoformat())


def _days(parts: dict[str, str | None], today: date) -> tuple[date, date] | None:
    """First and last day of a day, month or year as it is written; a month without a year is the last one."""
    try:
        if parts["iso"]:
            day = date.fromisoformat(parts["iso"])
            return day, day
        if parts["alone"]:
            year = int(parts["alone"])
            return date(year, 1, 1), date(year, 12, 31)
        month = _MONTHS[str(parts["month"]).lower()]
        year = int(parts["year"] or today.year - (month > today.month))
        if parts["day"]:
            day = date(year, month, int(parts["day"]))
            return day, day
        return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
    except ValueError:
        return None


def _authors(question: str, known: Callable[[str], str | None]) -> dict[str, str]:
    """By how they are written, the names in a question that are authors'."""
    found: dict[str, str] = {}
    places = [match.span() for match in _WORD.finditer(question)]
    at = 0
    while at < len(places):
        for size in range(min(_NAME_WORDS, len(places) - at), 0, -1):
            start, end = places[at][0], places[at + size - 1][1]
            written = question[start:end].rstrip(".'’-")
            name = re.sub(r"['’]s$", "", written)
            told = name[:1].isupper() or name.startswith("@") or "_" in name
            # "Will" and "May" are words, too: alone, only a name that is none of them counts.
            if told and not is_common(name.casefold()) and (spelled := known(name.removeprefix("@"))):
                found[written] = spelled
                at += size - 1
                break
        at += 1
    return found
