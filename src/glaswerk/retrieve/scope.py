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
# "What did Hazel post about the mill?": words that are nouns, too, are verbs after the name.
_DID = re.compile(
    r"\b(?:did|does|do|has|have)\s+[^?]{1,80}?\s"
    r"(posts?|tweets?|tell|told|reply|replied|answer(?:ed)?|comment(?:ed)?|argued?|claim(?:ed)?|publish(?:ed)?|"
    r"report(?:ed)?|mention(?:ed)?)\b",
    re.I,
)
# Nobody's words in particular: these verbs need not occur in what was said.
_ANYBODY = re.compile(
    r"^\s*(?:what (?:was|is|has been) (?:said|written|posted)|"
    r"what (?:did|do|have) (?:people|they|everybody|everyone|others) (?:say|said|think|write|written|post)|"
    r"was (?:wurde|wird) (?=.*\b(?:gesagt|geschrieben)\b)|"
    r"was (?:sagen|sagten|schreiben|schrieben|denken|meinen) (?:die leute|alle|andere))\b",
    re.I,
)
# What follows is what was spoken of: who is named there is not who spoke, unless it says "by".
_ABOUT = re.compile(r"\b(?:about|regarding|concerning|mention(?:s|ed|ing)?|über)\b", re.I)
_BY = re.compile(r"\bby\b", re.I)
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
    rest = _ANYBODY.sub(" ", rest).strip() or rest
    verb = _DID.search(rest)
    if found.author or not (_SAID.search(rest) or verb):
        return Scope(rest, found)
    names = _speakers(rest, verb, known)
    if names and verb:
        rest = f"{rest[: verb.start(1)]} {rest[verb.end(1) :]}"
    for written in names:
        rest = rest.replace(written, " ")
    said = _SAID.sub(" ", rest) if names else rest
    return Scope(" ".join(said.split()), found, tuple(dict.fromkeys(names.values()))[:_MOST_AUTHORS])


def _speakers(
    question: str, verb: re.Match[str] | None, known: Callable[[str], str | None]
) -> dict[str, str]:
    """By how they are written, the authors in a question who spoke, not those who were spoken of or to."""
    said, about = _SAID.search(question), _ABOUT.search(question)
    spoken = min(match.start() for match in (said, verb) if match)
    told = verb.end(1) if verb and verb[1].lower().startswith(("tell", "told")) else len(question)
    end = min(told, about.start() if about else told)
    after = _BY.search(question, end)
    found = _authors(question[:end], known) | (_authors(question[after.start() :], known) if after else {})
    # German has the verb at the end: there it does not say who spoke of whom.
    return found or (_authors(question, known) if about and about.start() < spoken else {})


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
            if told and not is_common(name.casefold()) and (spelled := _spelled(name, known)):
                found[written] = spelled
                at += size - 1
                break
        at += 1
    return found


def _spelled(name: str, known: Callable[[str], str | None]) -> str | None:
    """An author's name as the documents have it; accounts write "hill_union" for "Hill Union"."""
    plain = name.removeprefix("@")
    return known(plain) or (known(plain.replace(" ", "_")) if " " in plain else None)
