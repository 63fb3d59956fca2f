"""Masking of personal data in text: e-mail addresses, telephone numbers, bank accounts (IBAN)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

EMAIL, PHONE, IBAN = "[email]", "[phone]", "[iban]"
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])"
)
# Length of an IBAN by country (SWIFT registry, release 99), where people are likely to post one.
_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27,
    "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24,
    "RS": 22, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TN": 24, "TR": 26, "UA": 29, "VA": 22,
    "VG": 24, "XK": 20,
}  # fmt: skip
_BY_LENGTH = "|".join(
    f"(?:{'|'.join(c for c, n in _LENGTHS.items() if n == length)})\\d{{2}}(?:[ -]?[A-Z0-9]){{{length - 4}}}"
    for length in sorted(set(_LENGTHS.values()))
)
# ASCII inside only: without regard to case, [A-Z] also takes the Kelvin sign and dotted İ, which are no
# digits to `int(…, 36)`. Around it any letter still counts as one.
_IBAN = re.compile(rf"(?<![^\W_])(?ai:{_BY_LENGTH})(?![^\W_])")
# No letter, digit, group of digits, or sign of an address, amount, date or version may stand before …
_BEFORE = r"(?<![\w/=&#@.,:%+-])(?<!\d[ -])(?<![€$£]\s)(?<![€$£])"
# … nor behind: more digits, a currency, a unit, a decimal.
_AFTER = r"(?![\w/=&@%-])(?![.,:]\d)(?!\s?(?:€|\$|£|%|EUR\b|USD\b|Euro\b|Mio\b|km\b|kg\b))"
_GAP = r"[ \u00a0/-]{0,2}"
_INTERNATIONAL = rf"(?:\+|00)[1-9]\d{{0,2}}{_GAP}(?:\(0?\d{{1,4}}\){_GAP})?\d(?:{_GAP}\d){{5,12}}"
# 030 1234567, 0151/12345678, (089) 12 34 56: a leading zero and no more than one long area code.
_NATIONAL = rf"(?:\(0[1-9]\d{{1,4}}\)|0[1-9]\d{{1,4}}){_GAP}\d(?:{_GAP}\d){{3,9}}"
_NORTH_AMERICAN = r"(?:1[ .-])?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
_PHONE = re.compile(rf"{_BEFORE}(?:{_INTERNATIONAL}|{_NATIONAL}|{_NORTH_AMERICAN}){_AFTER}")
# Shorter than this with a leading zero are ranges of times (0800-1200) and postcodes.
_DIGITS_MIN, _DIGITS_MAX = 9, 15
_THOUSANDS = re.compile(r"\+\d{1,3}(?: \d{3}){1,2}")
_DIGIT = re.compile(r"\d")
_DATE = re.compile(r"\b(?:\d{1,2}[-/ ]){2}(?:19|20)\d{2}\b|\b(?:19|20)\d{2}(?:[-/ ]\d{1,2}){2}\b")


def mask(text: str) -> tuple[str, Counter[str]]:
    """`text` with addresses and numbers replaced, and how many of each. Masking twice changes nothing."""
    counts: Counter[str] = Counter()
    while True:
        masked = _once(text, counts)
        # A mask can uncover a number that its neighbour hid; each round takes digits or an @ away.
        if masked == text:
            return text, counts
        text = masked


def _once(text: str, counts: Counter[str]) -> str:
    if "@" in text:
        text = _EMAIL.sub(_counting("email", counts, lambda found: EMAIL), text)
    if _DIGIT.search(text):
        text = _IBAN.sub(_counting("iban", counts, _iban), text)
        text = _PHONE.sub(_counting("phone", counts, _phone), text)
    return text


def _counting(
    kind: str, counts: Counter[str], replace: Callable[[str], str | None]
) -> Callable[[re.Match[str]], str]:
    """Replace a match by what `replace` gives, counted; leave it where it gives None."""

    def masked(match: re.Match[str]) -> str:
        new = replace(match[0])
        if new is None:
            return match[0]
        counts[kind] += 1
        return new

    return masked


def _iban(found: str) -> str | None:
    return IBAN if _mod97(found.replace(" ", "").replace("-", "")) == 1 else None


def _mod97(iban: str) -> int:
    """ISO 7064 MOD 97-10 over the IBAN with its first four characters moved to the end."""
    turned = (iban[4:] + iban[:4]).upper()
    return int("".join(str(int(character, 36)) for character in turned)) % 97


def _phone(found: str) -> str | None:
    digits = sum(character.isdigit() for character in found)
    if not _DIGITS_MIN <= digits <= _DIGITS_MAX:
        return None
    # "+10 000 000 people" is an amount; "15-03-2024" a date.
    if (_THOUSANDS.fullmatch(found) and digits < 10) or _DATE.search(found):
        return None
    return PHONE
