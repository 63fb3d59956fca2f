"""Bank account numbers (IBAN) and payment cards, both with their checksums."""

from __future__ import annotations

import re

from glaswerk.data.filters.pii.rule import Rule, has_digit
from glaswerk.data.scripts import HANGUL, UNSPACED

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
# … except one of a script without spaces.
_JOINS = f"[{UNSPACED}{HANGUL}]"
_IBAN = re.compile(
    rf"(?=[A-Za-z]{{2}}[0-9]{{2}})(?:(?<![^\W_])|(?<={_JOINS}))(?ai:{_BY_LENGTH})(?:(?![^\W_])|(?={_JOINS}))"
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


# The letters and check digits with which an account number begins, looked for from the digits on.
_START = re.compile(r"[0-9]{2}(?<=[A-Za-z]{2}..)")
RULES = (
    Rule("iban", lambda text: _START.search(text) is not None, _IBAN, _iban),
    Rule("card", has_digit, _CARD, _card),
)
