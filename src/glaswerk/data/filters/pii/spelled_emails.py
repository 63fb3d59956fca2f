"""E-mail addresses that are spelled out: name [at] host, name AT host DOT io, name arroba host punto com.

"look at this dot com" is a sentence about a site. Without brackets, what comes before "at" must not be one of
the words that sentences have there; with a dot between the parts of the host instead of a word, there
must be a word such as "mail" before it, or a digit, dot or underscore in the name.
"""

from __future__ import annotations

import re

from glaswerk.data.filters.pii.rule import Rule
from glaswerk.data.scripts import LATIN

# What the sign is called, by language. None of these, between a name and a host, is a word of a sentence.
_CALLED = (
    "arroba", "arrova", "arobase", "arrobase", "chiocciola", "chiocciolina", "klammeraffe",
    "klammeraffen", "affenschwanz", "apenstaartje", "apestaartje", "małpa", "malpa", "zavináč", "zavinac",
    "snabel-a", "snabela", "krøllalfa", "krollalfa", "kukac", "kukaccal", "arond",  # codespell:ignore
    "et işareti", "kuyruklu a", "at-zeichen", "at-sign", "at sign", "ät-zeichen", "miukumauku", "ät-merkki",
    "собака", "собачка", "равлик", "кльомба", "маймунско а", "majmun", "παπάκι", "παπακι",
)  # fmt: skip
_JOINED = ("アットマーク", "アット", "골뱅이", "小老鼠", "艾特")
_DOTS = (
    "dot", "punkt", "punto", "point", "ponto", "punt", "kropka", "tečka", "tecka", "bodka", "punktum",
    "prikk", "pont", "punct", "nokta",  # codespell:ignore
    "piste", "točka", "tocka", "точка", "крапка", "τελεία", "ドット", "닷", "점", "點", "点",
)  # fmt: skip


def _any(words: tuple[str, ...]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


# Names of the sign in brackets need no more evidence than a host with a dot.
_AT = (
    rf"(?:\s{{0,3}}[\[({{<]\s{{0,2}}(?i:at|ät|@|a|{_any(_CALLED + _JOINED)})\s{{0,2}}[\])}}>]\s{{0,3}}"
    r"|&#64;|&#x40;|&commat;|%40)"
)
_DOT = (
    rf"(?:\.|\s{{0,3}}[\[({{<]\s{{0,2}}(?i:{_any(_DOTS)}|\.)\s{{0,2}}[\])}}>]\s{{0,3}}"
    r"|\s{1,3}(?i:dot)\s{1,3})"
)
_L = f"{LATIN}0-9"
_NAME = rf"(?<![{_L}_.+%-])[{_L}_+-][{_L}_.+-]{{0,63}}+"
_PART = rf"[{_L}](?:[{_L}-]{{0,61}}[{_L}])?"
_END = r"[A-Za-z]{2,24}(?![A-Za-z0-9])"
_BRACKETED = re.compile(rf"{_NAME}(?:{_DOT}[{_L}_+-]{{1,63}}){{0,3}}?{_AT}(?:{_PART}{_DOT}){{1,4}}{_END}")
_SIGNS = re.compile(
    rf"[\[({{<]\s{{0,2}}(?:at|ät|@|a\s{{0,2}}[\])}}>]|{_any(_CALLED + _JOINED)})|&#(?:64|x40);|&commat;|%40",
    re.IGNORECASE,
)
_SAID_DOT = rf"(?:\.|\s\.\s|\s{{1,3}}(?i:{_any(_DOTS)})\s{{1,3}})"
_NAMED_SIGN = re.compile(
    rf"{_NAME}(?:\s{{1,3}}(?i:{_any(_DOTS)})\s{{1,3}}[{_L}_+-]{{1,63}}){{0,3}}"
    rf"(?:\s{{1,3}}(?i:{_any(_CALLED)})\s{{1,3}}|\s{{0,3}}(?:{_any(_JOINED)})\s{{0,3}})(?:{_PART}{_SAID_DOT}){{1,4}}{_END}"
)
_SAID = re.compile(
    rf"(?P<name>{_NAME}(?:\s{{1,3}}(?i:dot)\s{{1,3}}[{_L}_+-]{{1,63}}){{0,3}})"
    r"(?:\s{1,3}(?P<at>(?i:at))\s{1,3}|\s{1,2}(?P<sign>@)\s{1,2}|(?<=[a-z0-9])@\s{1,2})"
    rf"(?P<host>(?:{_PART}(?:\s{{1,3}}(?i:dot)\s{{1,3}}|\.)){{1,3}})(?P<end>[A-Za-z]{{2,24}})(?![A-Za-z0-9])"
)
_SPELLED = re.compile(r"[._0-9]|\s(?i:dot)\s")
# j.doe, lena_7; not p.m., 24/7, covid-19.
_PERSON = re.compile(r"[A-Za-z0-9]+_[A-Za-z0-9_]+|[A-Za-z][A-Za-z0-9]*\.[A-Za-z][A-Za-z0-9]+")
_LETTER = re.compile(r"[^\W\d_]")
_DOT_WORD = re.compile(r"\s(?i:dot)\s")
_CUE = re.compile(
    r"(?i:\b(?:e-?mails?|mail|gmail|correo|courriel|posta|e-?post|addy|ad{1,2}ress?e?)\b)[^\n]{0,40}$"
)
# Before "at", these words say where a site, a shop or a person is.
_BEFORE_SITES = """
a about again aimed all alone also am an and another any anyone anything apply are around arrive
arrived article as ask at available back based be been begin best big blog book booked books browse
but buy by call came can check checked click code come comes coming company content could course
courses cover currently deal deals demo desk details did directly do doc docs does done down
download downloads each early ends enough even event events every everyone everything example far
feel find first follow for form forum found free from full get go going good got great had happens
has have he hello her here hers hi him his home hosted hotel house how i in is issues it its itself
job jobs join just keep kept know later latest laugh laughed laughing learn link links list listed
live lives living located location login lol long look looked looking looks lot made make many me
meet meeting menu more most much music my name near never new news next no not now of off offer
offers ok old on once one online only open or order ordered orders other our ours out over own page
pages park part party people person photo photos picture pictures place places play please plus
podcast point post posted posts price prices product products profile program project pub published
read ready really recipe recipes register registered registration report reserve review reviews
right run running sale saw say see seen sell sells send sent service services session share shop
shopping show shows sign site sites sits so sold some someone something song soon stand stands start
started starting starts stay stayed still stop store stories story stream streaming subscribe sure
take talk talks tell than thanks that the their them then there these they thing things think this
those ticket tickets time times to today together tomorrow tonight too tool tools top tour track
tracks tried try up updates us use used user's very video videos view visit wait want was watch
watched watching we web webinar website week well went were what when where which who whole why will
with work worked working works worst write writes writing year yes yesterday yet you your yours
yourself
"""
_WORDS = frozenset(_BEFORE_SITES.split())


def _said(match: re.Match[str]) -> bool:
    name, at = match["name"], match["at"]
    if not (_LETTER.search(name) and _LETTER.search(_DOT_WORD.sub(" ", match["host"]))):
        return False
    if _DOT_WORD.search(match["host"]):
        return _SPELLED.search(name) is not None or (_plain_name(name) and (at != "AT" or _shouted(match)))
    if not at or _cued(match):
        return _plain_name(name)
    return _PERSON.fullmatch(name) is not None


def _plain_name(name: str) -> bool:
    return name.lower() not in _WORDS


def _cued(match: re.Match[str]) -> bool:
    return _CUE.search(match.string[max(0, match.start() - 60) : match.start()]) is not None


def _shouted(match: re.Match[str]) -> bool:
    """Whether AT and DOT are in capitals beside other words: lena AT mill DOT org, not US AT MILL DOT ORG."""
    return " DOT " in match[0] and not (match["name"] + match["end"]).isupper()


def _has_sign(text: str) -> bool:
    brackets = "(" in text or "[" in text or "<" in text or "{" in text
    return (brackets or "&" in text or "%40" in text) and _SIGNS.search(text) is not None


def _names_sign(text: str) -> bool:
    low = text.lower()
    return any(word in low for word in (*_CALLED, *_JOINED))


_LIKELY = re.compile(r"\s(?:at\s|@ )|@\s", re.IGNORECASE)


def _says_at(text: str) -> bool:
    return ("." in text or "dot" in text or "DOT" in text) and _LIKELY.search(text) is not None


RULES = (
    Rule("email", _has_sign, _BRACKETED),
    Rule("email", _names_sign, _NAMED_SIGN),
    Rule("email", _says_at, _SAID, _said),
)
