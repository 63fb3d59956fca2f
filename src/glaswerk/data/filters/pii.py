"""Masking personal data (PII) in text: each match is replaced by its kind, "[email]", "[phone]", "[card]" ….

To add a kind: name it in KINDS, give it a pattern and a check in _RULES at the end, and a meaning in `MASKED`
of `data.store.reasons`; `data.language` must ignore its mask, too (tests compare the lists).
What identifies nobody stays: private and reserved IP addresses, server names and numbers in links,
coordinates given to a minute or three decimals (about a hundred metres), and anything with a wrong checksum.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from itertools import pairwise

from glaswerk.core.errors import GlaswerkError

KINDS = ("email", "phone", "iban", "card", "ip", "coordinates", "handle")
# Posts address each other by handles, so masking them hides who talks to whom; it is off by default.
DEFAULT_KINDS = tuple(kind for kind in KINDS if kind != "handle")
# An apostrophe may be inside the local part (O'Neil); before it, it is a quotation mark.
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-][\w.+%'’-]{0,63}+(?<!['’])"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![^\W_])"
)
# Length of an IBAN by country (SWIFT registry, release 99), for countries where people may post one.
_LENGTHS = {
    "AD": 24,
    "AE": 23,
    "AL": 28,
    "AT": 20,
    "AZ": 28,
    "BA": 20,
    "BE": 16,
    "BG": 22,
    "BH": 22,
    "BR": 29,
    "BY": 28,
    "CH": 21,
    "CR": 22,
    "CY": 28,
    "CZ": 24,
    "DE": 22,
    "DK": 18,
    "DO": 28,
    "EE": 20,
    "EG": 29,
    "ES": 24,
    "FI": 18,
    "FO": 18,
    "FR": 27,
    "GB": 22,
    "GE": 22,
    "GI": 23,
    "GL": 18,
    "GR": 27,
    "GT": 28,
    "HR": 21,
    "HU": 28,
    "IE": 22,
    "IL": 23,
    "IQ": 23,
    "IS": 26,
    "IT": 27,
    "JO": 30,
    "KW": 30,
    "KZ": 20,
    "LB": 28,
    "LI": 21,
    "LT": 20,
    "LU": 20,
    "LV": 21,
    "MC": 27,
    "MD": 24,
    "ME": 22,
    "MK": 19,
    "MR": 27,
    "MT": 31,
    "MU": 30,
    "NL": 18,
    "NO": 15,
    "PK": 24,
    "PL": 28,
    "PS": 29,
    "PT": 25,
    "QA": 29,
    "RO": 24,
    "RS": 22,
    "SA": 24,
    "SE": 24,
    "SI": 19,
    "SK": 24,
    "SM": 27,
    "TN": 24,
    "TR": 26,
    "UA": 29,
    "VA": 22,
    "VG": 24,
    "XK": 20,
}
_BY_LENGTH = "|".join(
    f"(?:{'|'.join(c for c, n in _LENGTHS.items() if n == length)})\\d{{2}}(?:[ -]?[A-Z0-9]){{{length - 4}}}"
    for length in sorted(set(_LENGTHS.values()))
)
# ASCII applies inside only: ignoring case, [A-Z] also matches the Kelvin sign and dotted İ, which
# `int(…, 36)` does not accept. Around the match, any Unicode letter counts as a letter.
# The lookahead only saves time: without it, the search tries every length at every letter.
_IBAN = re.compile(rf"(?=[A-Za-z]{{2}}[0-9]{{2}})(?<![^\W_])(?ai:{_BY_LENGTH})(?![^\W_])")
# No letter, digit, group of digits, or sign of an address, amount, date or version may precede a number …
_BEFORE = (
    r"(?<![\w/=&#@,%+-])(?<!\d[ .:-])(?<![€$£]\s)(?<![€$£])"
    # … but "Tel.030/…" and "Tel.:030/…" may: ".0123" alone is a decimal, "::" part of an address.
    r"(?:(?<![.:])|(?<=[^\W\d_]\.)|(?<=[^\d:]:))"
)
# … and no more digits, currency, unit or decimal may follow it.
_AFTER = r"(?![\w/=&@%-])(?![.,:]\d)(?!\s?(?:€|\$|£|%|EUR\b|USD\b|Euro\b|Mio\b|km\b|kg\b))"
_GAP = r"(?:[ \u00a0/-]{0,2}|\.)"
_COUNTRY = r"(?:\((?:\+|00)[1-9]\d{0,2}\)|(?:\+|00)[1-9]\d{0,2})"
_INTERNATIONAL = rf"{_COUNTRY}{_GAP}(?:\(0?\d{{1,4}}\){_GAP})?\d(?:{_GAP}\d){{5,12}}"
# 06 12 34 56 78, as in France: exactly five pairs with the same separator between them.
_PAIRS = r"0[1-9](?<!\d[ .\u00a0-]..)(?P<pair>[ .\u00a0-])\d\d(?:(?P=pair)\d\d){3}(?![ .\u00a0-]\d)"
# 030 1234567, 0151/12345678, (089) 12 34 56: a leading zero and one area code of up to five digits.
_NATIONAL = rf"(?:\(0[1-9]\d{{1,4}}\)|0[1-9]\d{{1,4}}){_GAP}\d(?:{_GAP}\d){{3,9}}"
_NORTH_AMERICAN = r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
_PHONE = re.compile(
    rf"(?=[+(0-9]){_BEFORE}(?:{_INTERNATIONAL}|{_PAIRS}|{_NATIONAL}|{_NORTH_AMERICAN}){_AFTER}"
)
# Fewer digits with a leading zero are ranges of times (0800-1200) and postcodes.
_DIGITS_MIN, _DIGITS_MAX = 9, 15
_THOUSANDS = re.compile(r"\+\d{1,3}(?: \d{3}){1,2}")
# Amounts (+1.234.567.890), decimals (+1.41421356, 0355626618.16711; an area code is shorter), zero-padded IP
# addresses (010.020.030.040) and tables of hexadecimal codes (0020.0002.0029).
_DOTTED = re.compile(r"\+\d{1,3}(?:\.\d{3})+|(?:\+\d+|\d{7,})\.\d+|\d{3}(?:\.\d{3}){3}|\d{4}(?:\.\d{4}){2}")
_LINK = re.compile(r"(?:://|\bwww\.|\w\.[a-z]{2,24}/)\S*[.:]$", re.IGNORECASE)
_LABEL = re.compile(r"\b(?:isbn|issn|ean|gtin|oclc|lccn|pmid|doi|id)(?:-1[03])?[\s.:#]{0,3}$", re.IGNORECASE)
# Characters before a number that are searched for a link or a label.
_BACK = 200
_DIGIT = re.compile(r"\d")
_DATE = re.compile(
    r"\b(?:\d{1,2}[-/ ]){2}(?:19|20)\d{2}\b|\b(?:19|20)\d{2}(?:[-/ ]\d{1,2}){2}\b"
    r"|\b(?:\d{1,2}\.){2}(?:19|20)\d{2}\b"
)
# Public card schemes by their first digits (ISO/IEC 7812 ranges) and number of digits. Lengths that the
# schemes allow but rarely issue are left out: 13-digit Visa numbers look like German bar codes.
_CARDS = re.compile(
    r"4\d{15}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}"
    r"|3(?:0[0-5]|[68]\d|9\d)\d{11}|35(?:2[89]|[3-8]\d)\d{12}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}|62\d{14}(?:\d{3})?"
    r"|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{12}(?:\d{3})?",
    re.ASCII,
)
# The digits together or in the groups printed on cards, with the same separator between all groups.
# The first digit comes before the lookbehind, so that the search skips straight to digits.
_GROUPS = r"(?P<gap>[ -])(?:(?:\d{4}(?P=gap)){2}\d{4}(?:(?P=gap)\d{3})?|\d{6}(?P=gap)\d{4,5})"
_CARD = re.compile(
    rf"[2-6](?<![\w/=&#@.,%+-].)(?<!\d[ -].)\d{{3}}(?:\d{{10,12}}(?:\d{{3}})?|{_GROUPS})"
    r"(?![\w/=&@%])(?![ -]?\d)(?![.,:]\d)",
    re.ASCII,
)
_IPV4 = re.compile(
    r"\d(?<![\w/=&#@.,%+-].)(?:\d{1,2})?\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w-])(?!\.\w)", re.ASCII
)
_VERSION = re.compile(
    r"(?:\bv|versions?|releases?|builds?|firmware|drivers?|treiber|update|kapitel|chapter|section|abschnitt|§)"
    r"[\s:#(=]{0,3}$",
    re.IGNORECASE,
)
# Only global unicast addresses (2000::/3, RFC 4291); other addresses name no host on the internet.
_IPV6 = re.compile(r"[23](?<![\w:./@-].)[0-9a-fA-F]{3}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:]|\.\w)", re.ASCII)
# Exactly two numbers: a longer row of numbers is a table.
_BETWEEN = r"(?:\s?[,;/]\s?|\s)(?:(?i:lon|lng|long|longitude)\b[:=]?\s?)?"
_DECIMAL = re.compile(
    rf"(?P<lat>[+\d-](?<![\w.,+-].)(?<!\d, .)\d{{0,3}}\.\d{{4,15}})(?: ?°)?(?P<ns> ?[NS]\b)?{_BETWEEN}"
    r"(?P<lon>[+\d-]\d{0,3}\.\d{4,15})(?: ?°)?(?P<ew> ?[EWO]\b)?"
    r"(?![\w%]| ?[NS]\b|\.\d|,\s?[+-]?\d+\.\d)",
    re.ASCII,
)
_DEGREES = r"\d{1,3}\s?°\s?\d{1,2}\s?['′’´]\s?\d{1,2}(?:[.,]\d{1,6})?\s?(?:[\"″”“]|''|′′|’’)\s?"
_DMS = re.compile(rf"(?<![\w.,]){_DEGREES}[NS]\b[\s,;/]{{0,3}}{_DEGREES}[EWO]\b")
_HANDLE = re.compile(r"(?<![\w@/])@\w{1,30}(?:@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})?(?!\w)")


@dataclass(frozen=True, slots=True)
class _Rule:
    """Masks what `pattern` matches and `confirms` confirms.

    As a cheap check first, the text must contain `sign` and, unless that is "@", a digit: a kind without
    digits would never match.
    """

    kind: str
    sign: str
    pattern: re.Pattern[str]
    confirms: Callable[[re.Match[str]], bool]


def mask(text: str, kinds: Sequence[str] = DEFAULT_KINDS) -> tuple[str, Counter[str]]:
    """`text` with personal data of `kinds` masked, and the number of matches by kind.

    Masking a masked text changes nothing. Raises GlaswerkError for a kind that is not among KINDS.
    """
    rules = _rules(tuple(kinds))
    counts: Counter[str] = Counter()
    while True:
        masked = _once(text, rules, counts)
        # A mask can reveal a number next to it. Each round removes digits or an @, so this ends.
        if masked == text:
            return text, counts
        text = masked


def _once(text: str, rules: Sequence[_Rule], counts: Counter[str]) -> str:
    digits = _DIGIT.search(text) is not None
    for rule in rules:
        if rule.sign in text if rule.sign == "@" else digits and rule.sign in text:
            text = rule.pattern.sub(_counting(rule, counts), text)
    return text


def _counting(rule: _Rule, counts: Counter[str]) -> Callable[[re.Match[str]], str]:
    def masked(match: re.Match[str]) -> str:
        if not rule.confirms(match):
            return match[0]
        counts[rule.kind] += 1
        return f"[{rule.kind}]"

    return masked


def _iban(match: re.Match[str]) -> bool:
    return _mod97(match[0].replace(" ", "").replace("-", "")) == 1


def _mod97(iban: str) -> int:
    """ISO 7064 MOD 97-10 over the IBAN with its first four characters moved to the end."""
    turned = (iban[4:] + iban[:4]).upper()
    return int("".join(str(int(character, 36)) for character in turned)) % 97


def _card(match: re.Match[str]) -> bool:
    digits = match[0].replace(" ", "").replace("-", "")
    return _CARDS.fullmatch(digits) is not None and _luhn(digits) % 10 == 0


def _luhn(digits: str) -> int:
    """ISO/IEC 7812-1, annex B: every second digit from the right doubled, sum of all resulting digits."""
    return sum(int(d) for d in digits[-1::-2]) + sum(sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])


def _ipv4(match: re.Match[str]) -> bool:
    """Whether this is the public address of a host. Hosts' addresses do not end in 0; many versions do.

    One part must have three digits: only 2 % of all addresses have none, but most versions and section
    numbers (4.2.1.10) have none.
    """
    try:
        address = IPv4Address(match[0])
    except AddressValueError:
        return False
    before = match.string[max(0, match.start() - 12) : match.start()]
    packed = address.packed
    public = address.is_global and packed[3] != 0 and max(packed) >= 100
    return public and not _VERSION.search(before)


def _ipv6(match: re.Match[str]) -> bool:
    try:
        return IPv6Address(match[0]).is_global
    except AddressValueError:
        return False


def _decimal(match: re.Match[str]) -> bool:
    """Whether the pair is in range, and either marked as coordinates or not a pair of numbers below 1, which
    may be shares or p-values."""
    latitude, longitude = abs(float(match["lat"])), abs(float(match["lon"]))
    if latitude > 90 or longitude > 180:
        return False
    if match["ns"] and match["ew"]:
        return True
    between = match.string[match.end("lat") : match.start("lon")]
    return not between.isspace() and max(latitude, longitude) >= 1


def _phone(match: re.Match[str]) -> bool:
    found = match[0]
    digits = sum(character.isdigit() for character in found)
    if not _DIGITS_MIN <= digits <= _DIGITS_MAX:
        return False
    # "+10 000 000 people" is an amount; "15-03-2024" a date.
    if (_THOUSANDS.fullmatch(found) and digits < 10) or _DOTTED.fullmatch(found) or _DATE.search(found):
        return False
    before = match.string[max(0, match.start() - _BACK) : match.start()]
    return not (_LINK.search(before) or _LABEL.search(before) or (match["pair"] and _drawn(found)))


def _drawn(pairs: str) -> bool:
    """Whether five pairs are lottery numbers: rising, up to 70. By chance, 7 in 1000 phone numbers are."""
    numbers = re.split(r"\D", pairs)
    return all(low < high for low, high in pairwise(numbers)) and numbers[-1] <= "70"


def _always(match: re.Match[str]) -> bool:
    return True


# Order matters: a Fediverse handle contains an address, and a card number could pass for a phone number.
_RULES = (
    _Rule("handle", "@", _HANDLE, _always),
    _Rule("email", "@", _EMAIL, _always),
    _Rule("iban", "", _IBAN, _iban),
    _Rule("card", "", _CARD, _card),
    _Rule("ip", ".", _IPV4, _ipv4),
    _Rule("ip", ":", _IPV6, _ipv6),
    _Rule("coordinates", ".", _DECIMAL, _decimal),
    _Rule("coordinates", "°", _DMS, _always),
    _Rule("phone", "", _PHONE, _phone),
)


@cache
def _rules(kinds: tuple[str, ...]) -> tuple[_Rule, ...]:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise GlaswerkError(
            f"expected kinds of personal data ({', '.join(KINDS)}), found {', '.join(map(repr, unknown))}",
            hint=f"choose from: {' '.join(KINDS)}",
        )
    return tuple(rule for rule in _RULES if rule.kind in kinds)
