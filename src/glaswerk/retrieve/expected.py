"""What kind of thing a question asks for: a time, a number, somebody; and whether a sentence has one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

from glaswerk.retrieve.terms import words

Kind = Literal["time", "number", "person", "any"]
_ASKED: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    (
        "time",
        re.compile(
            r"\b(when|(what|which) (year|month|day|date|time)|wann|welche[mns]? (jahr|monat|tag|datum)|"
            r"um wie viel uhr)\b",
            re.I,
        ),
    ),
    (
        "number",
        re.compile(
            r"\b(how (many|much|old|long|far|tall|high|big|often|large)|"
            r"wie (viele?|alt|lange|weit|hoch|groß|oft)|wieviele?)\b",
            re.I,
        ),
    ),
    ("person", re.compile(r"\b(who|whose|whom|wer|wem|wen|wessen)\b", re.I)),
)
_MONTHS = (
    "january february march april may june july august september october november december "
    "januar februar märz mai juni juli oktober dezember"
)
_DAYS = (
    "monday tuesday wednesday thursday friday saturday sunday today yesterday tomorrow noon midnight "
    "montag dienstag mittwoch donnerstag freitag samstag sonntag heute gestern morgen mittag mitternacht"
)
_HOURS = "morning evening afternoon night o'clock uhr abend nachmittag nacht vormittag century jahrhundert"
_TIMES = frozenset(f"{_MONTHS} {_DAYS} {_HOURS}".split())
_NUMBER_WORDS = """
one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty hundred thousand
million billion half dozen once twice several none zwei drei vier fünf sechs sieben acht neun zehn elf
zwölf zwanzig dreißig vierzig fünfzig hundert tausend million millionen milliarde milliarden halb dutzend
einmal zweimal keine
"""
_NUMBERS = frozenset(_NUMBER_WORDS.split())
_DIGITS = re.compile(r"\d+")
# A year, a time of day, a day of a month.
_CLOCK = re.compile(r"\b(?:1\d{3}|20\d\d)\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}(?:\.|st|nd|rd|th)? (?=[A-Z])")
# Numbers in the names of accounts and in addresses say nothing.
_LINK = re.compile(r"[@#]\w+|https?://\S+")
# A capital letter inside a sentence, or two words with one; the first word of a sentence has one anyway.
_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w'’-]+"
_NAMED = re.compile(rf"(?<=[\w,;:] ){_CAPITAL}|^{_CAPITAL} {_CAPITAL}|@\w+")
_HE_WORDS = """
i he she they we you my his her their ich er sie wir mein meine sein seine ihr ihre
"""
_HE = frozenset(_HE_WORDS.split())


def expected(question: str) -> Kind:
    """The kind of thing that answers a question; "any" if its words do not say."""
    return next((kind for kind, pattern in _ASKED if pattern.search(question)), "any")


def has(kind: Kind, text: str, question: str) -> bool:
    """Whether `text` has something of that kind which the question does not name itself."""
    return _HAS[kind](text, question)


def _has_time(text: str, question: str) -> bool:
    own = set(_CLOCK.findall(_LINK.sub("", text)))
    return bool(own - set(_CLOCK.findall(question))) or not _TIMES.isdisjoint(words(text))


def _has_number(text: str, question: str) -> bool:
    own = set(_DIGITS.findall(_LINK.sub("", text)))
    return bool(own - set(_DIGITS.findall(question))) or not _NUMBERS.isdisjoint(words(text))


def _has_person(text: str, question: str) -> bool:
    asked, found = set(words(question)), _NAMED.findall(text)
    return any(not asked.issuperset(words(name)) for name in found) or not _HE.isdisjoint(words(text))


_HAS: dict[Kind, Callable[[str, str], bool]] = {
    "time": _has_time,
    "number": _has_number,
    "person": _has_person,
    "any": lambda text, question: True,
}
