"""Telephone numbers, international and in the formats of many countries, checked with Google's metadata.

A number that shows what it is (+49 …, 0049 …, (02) …, 030/…) must be possible or valid in a country. One that
shows nothing (600 123 456, 98765 43210) must also have the groups in which that country writes it. A bare row
of digits without a leading 0 needs a word such as "call" or "WhatsApp" before it: most such rows are no
telephone numbers.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from glaswerk.data.filters.pii.rule import Rule

# Countries whose numbers people write with a leading 0, and those that write them without.
_TRUNK = ("DE", "GB", "FR", "IT", "NL", "AU", "IN", "BR", "JP", "KR", "CH", "AT", "BE", "SE", "CN", "HU")
_OPEN = ("US", "ES", "IT", "PL", "BR", "IN", "PT", "CN", "AU", "GR")
# Where 8, 7 or 0 may stand alone before the area code.
_EIGHT = ("RU", "KZ", "BY", "LT", "UA", "TR")
# Hyphens, the non-breaking one and the dash of figures among them, and the dots between groups.
_HYPHENS = "\u2010-\u2014-"
_POINTS = ".\u00b7\u2022\u2219\u22c5"
_BLANKS = " \u00a0\u2007\u2009\u202f"
# No letter, digit, group of digits, or sign of an address, amount, date or version may precede a number;
# letters of other scripts than Latin may, as they put no space before it …
_WORD = "A-Za-z0-9_\u00c0-\u024f"
_BEFORE = (
    rf"(?<![{_WORD}/=&#@,%+-])(?<!\d[ .:{_HYPHENS}])(?<![€$£]\s)(?<![€$£])"
    # … and "Tel.030/…" and "Tel.:030/…" are allowed: ".0123" alone is a decimal, "::" part of an address.
    r"(?:(?<![.:])|(?<=[^\W\d_]\.)|(?<=[^\d:]:))"
)
# … and no more digits, currency, unit or decimal may follow it.
_AFTER = (
    rf"(?![{_WORD}/=&@%-])(?![.,:]\d)"
    r"(?!\s?(?:€|\$|£|%|EUR\b|USD\b|Euro\b|₽|руб|Mio\b|km\b|kg\b|[万億亿元円원]))"
)
_GAP = rf"(?:[{_BLANKS}/{_HYPHENS}]{{0,2}}|[{_POINTS}])"
# After an area code, a dash or slash may have spaces on both sides: 030 / 123 45 67.
_WIDE_GAP = rf"(?:[{_BLANKS}][/{_HYPHENS}][{_BLANKS}]|{_GAP})"
_COUNTRY = r"(?:\((?:\+|00)[1-9]\d{0,2}\)|(?:\+|00)[1-9]\d{0,2})"
_INTERNATIONAL = rf"{_COUNTRY}{_WIDE_GAP}(?:\(0?\d{{1,4}}\){_WIDE_GAP})?\d(?:{_GAP}\d){{5,12}}"
# 06 12 34 56 78, as in France: exactly five pairs with the same separator between them.
_SEP = rf"[{_BLANKS}{_POINTS}{_HYPHENS}]"
_PAIRS = rf"0[1-9](?<!\d{_SEP}..)(?P<pair>{_SEP})\d\d(?:(?P=pair)\d\d){{3}}(?!{_SEP}\d)"
# 030 1234567, 0151/12345678, (089) 12 34 56, (0 30) 12 34 56: a leading zero and an area code.
_NATIONAL = (
    rf"(?:\(0\s?[1-9]\d{{0,4}}\)|0(?:[1-9]\d{{1,4}}|[1-9](?=[{_BLANKS}/{_HYPHENS}]\d{{3,4}})|800|6(?={_SEP}\d\d?{_SEP}\d{{3}}{_SEP})))"
    rf"{_WIDE_GAP}\d(?:{_GAP}\d){{3,10}}"
)
# (11) 91234-5678, 212-555-2368, 600 123 456, 98765 43210: groups of two to five digits.
_GROUPED = (
    rf"(?:1{_SEP})?(?:\([1-9]\d{{1,3}}\){_SEP}?\d{{3,5}}{_SEP}?\d{{3,4}}"
    # Greece: 2310 123456, 6971 234 567.
    rf"|(?:2[1-8]|69)\d\d{_SEP}\d{{3}}{_SEP}?\d{{3}}"
    rf"|[1-9]\d{{1,2}}(?P<sep>{_SEP})\d{{2,3}}(?:(?P=sep)\d{{2,4}}){{1,3}}"
    rf"|[1-9]\d{{1,4}}{_SEP}\d{{4,5}}(?:{_SEP}\d{{3,4}})?|[1-9]\d\d{_SEP}\d{{6,7}})(?!{_SEP}?\d)"
)
# 8 (912) 345-67-89, 8-912-345-67-89, 8 800 555 35 35, 8 029 123-45-67; without 8: (495) 123-45-67.
_FROM_EIGHT = (
    rf"(?:[078](?:{_SEP}|(?=\())(?:\(0?\d{{2,4}}\)|0?\d{{2,4}}){_SEP}?\d{{2,3}}{_SEP}(?:\d\d{_SEP}?\d{{2,3}}|\d{{3}})"
    rf"|[78]?(?:\(\d{{3,4}}\)|9\d\d){_SEP}?\d{{2,3}}{_SEP}\d\d{_SEP}?\d\d)"
)
_BARE = r"[1-9]\d{8,10}"
_PHONE = re.compile(
    rf"(?=[+(0-9]){_BEFORE}(?:(?P<plus>{_INTERNATIONAL})|(?P<pairs>{_PAIRS})|(?P<zero>{_NATIONAL})"
    rf"|(?P<grouped>{_GROUPED})|(?P<eight>{_FROM_EIGHT})|(?P<bare>{_BARE})){_AFTER}"
)
_EIGHT_SHAPE = re.compile(_FROM_EIGHT)
_AMOUNT = re.compile(r"\d{1,3}([ .])\d{3}(?:\1\d{3})+")
# 98100–98199: a range, not two groups of one number.
_RANGE = re.compile(rf"(\d+)[{_HYPHENS[:-1]}](\d+)")
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-"),
        **dict.fromkeys(_POINTS, "."),
        **dict.fromkeys(_BLANKS, " "),
    }
)
_LIKELY = re.compile(r"[0-9](?:[^0-9A-Za-z]{0,3}[0-9]){7}")
# Fewer digits with a leading zero are ranges of times (0800-1200) and postcodes.
_DIGITS_MIN, _DIGITS_MAX = 9, 15
_THOUSANDS = re.compile(r"\+\d{1,3}(?: \d{3}){1,2}")
# Amounts (+1.234.567.890), decimals (+1.41421356, 0355626618.16711; an area code is shorter), zero-padded IP
# addresses (010.020.030.040) and tables of hexadecimal codes (0020.0002.0029).
_DOTTED = re.compile(
    r"\+\d{1,3}(?:\.\d{3})+|(?:\+\d+|\d{7,})\.\d+|\d{3}(?:\.\d{3}){3}|\d{4}(?:\.\d{4}){2}|\d{1,3}(?:\.\d{3}){2}"
)
_LINK = re.compile(r"(?:://|\bwww\.|\w\.[a-z]{2,24}/)\S*[.:]$", re.IGNORECASE)
_LABEL = re.compile(
    r"\b(?:isbn|issn|ean|gtin|oclc|lccn|pmid|doi|id|order|invoice|bestell(?:ung)?|rechnung|kunden|auftrags?"
    r"|artikel|serien|commande|facture|pedido|factura|fattura|ordine|zamówienie|faktura|tracking|ticket|case|ref|sku)"
    r"(?:-1[03])?s?(?:[\s-]?(?:no|nr|number|nummer|id|code|n°|nº))?[\s.:#]{0,3}$",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"(?:\b(?:tel|phone|call|ring|text|cell|mobile|mob|sms|whats ?app|wa|fon|telefon|telefone|teléfono"
    r"|telefono|handy|mobil|móvil|movil|celular|cel|cellulare|portable|tél|téléphone|telefoon|mobiel|komórka|contact"
    r"|anrufen|ligue|llama|chiama|appelez|bel|dzwoń|zadzwoń|signal|viber|dial|fax|contatto|kontakt)\b"
    r"|[电電]话|[电電]話|手机|手機|微信|携帯|전화|연락처|फ़ोन|फोन|मोबाइल|тел|моб|звони|пиши|вотсап|ватсап|τηλ|κιν|[\u260e\u260f\u2706\U0001f4de\U0001f4f1\U0001f919\U0001f4f2])"
    r"[^\d\n]{0,24}$",
    re.IGNORECASE,
)
_MOBILE_CN = re.compile(r"1[3-9]\d{9}")
_MOBILE_RU, _BARE_GR = re.compile(r"[78]9\d{9}"), re.compile(r"(?:2[1-8]|69)\d{8}")
_CYRILLIC, _GREEK = re.compile(r"[\u0400-\u04ff]"), re.compile(r"[\u0370-\u03ff]")
_GREEK_SHAPE = re.compile(
    r"(?:21\d|69\d)[ .-]\d{7}|(?:21\d|69\d)[ .-]\d{3}[ .-]?\d{4}|(?:2[2-8]|69)\d\d[ .-]\d{3}[ .-]?\d{3}"
)
_HAN, _KANA = re.compile(r"[\u4e00-\u9fff]"), re.compile(r"[\u3041-\u30ff]")
# Characters before a number that are searched for a link or a label.
_BACK = 200
_DATE = re.compile(
    r"\b(?:\d{1,2}[-/ ]){2}(?:19|20)\d{2}\b|\b(?:19|20)\d{2}(?:[-/ ]\d{1,2}){2}\b"
    r"|\b(?:\d{1,2}\.){2}(?:19|20)\d{2}\b"
)
_YEARS = re.compile(r"(?:19|20)\d\d[ \u2010-\u2013-](?:19|20)\d\d(?!\d)")


def _phone(match: re.Match[str]) -> bool:
    found = match[0].translate(_PLAIN)
    digits = sum(character.isdigit() for character in found)
    if not _DIGITS_MIN <= digits <= _DIGITS_MAX or _is_range(match[0]):
        return False
    before = match.string[max(0, match.start() - _BACK) : match.start()]
    called = _CALL.search(before) is not None
    # "+10 000 000 people" is an amount; "15-03-2024" a date.
    if (_THOUSANDS.fullmatch(found) and digits < 10) or (_DOTTED.fullmatch(found) and not called):
        return False
    if _DATE.search(found) or _YEARS.search(found):
        return False
    if _LINK.search(before) or _LABEL.search(before) or (match["pairs"] and _drawn(found)):
        return False
    return _is_number(match, found, called)


def _is_range(found: str) -> bool:
    ends = _RANGE.fullmatch(found)
    return ends is not None and len(ends[1]) == len(ends[2]) and ends[1] <= ends[2]


def _is_number(match: re.Match[str], found: str, called: bool) -> bool:
    if match["plus"]:
        return _is_possible(found)
    if match["zero"] or match["pairs"]:
        return _is_valid(found, _TRUNK)
    if (called or _beside_its_script(match)) and _is_valid(found, _OPEN + _EIGHT):
        return True
    if found.endswith("000") or _AMOUNT.fullmatch(found):
        return bool(match["grouped"]) and not found.endswith("000") and _is_grouped(found)
    if _EIGHT_SHAPE.fullmatch(found) and _is_valid(found, _EIGHT):
        return True
    if not match["grouped"]:
        return False
    return _is_grouped(found) or (_GREEK_SHAPE.fullmatch(found) is not None and _is_valid(found, ("GR",)))


def _beside_its_script(match: re.Match[str]) -> bool:
    """Whether the script of its country is written beside a number that shows nothing else."""
    around = match.string[max(0, match.start() - 30) : match.end() + 30]
    if _MOBILE_CN.fullmatch(match[0]):
        return _HAN.search(around) is not None and _KANA.search(around) is None
    if _MOBILE_RU.fullmatch(match[0]):
        return _CYRILLIC.search(around) is not None
    return _BARE_GR.fullmatch(match[0]) is not None and _GREEK.search(around) is not None


def _drawn(pairs: str) -> bool:
    """Whether five pairs are lottery numbers: rising, up to 70. By chance, 7 in 1000 phone numbers are."""
    numbers = re.split(r"\D", pairs)
    return all(low < high for low, high in pairwise(numbers)) and numbers[-1] <= "70"


@lru_cache(1 << 14)
def _is_possible(number: str) -> bool:
    """Whether a number with its country code has a length that the country knows."""
    import phonenumbers

    plain = re.sub(r"^\(?(?:\+|00)", "+", number).replace("(0)", "")
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(plain, None))
    except phonenumbers.NumberParseException:
        return False


@lru_cache(1 << 14)
def _is_valid(number: str, regions: tuple[str, ...]) -> bool:
    """Whether a national number belongs to a range that one of the countries has given out."""
    import phonenumbers

    for region in regions:
        try:
            if phonenumbers.is_valid_number(phonenumbers.parse(number, region)):
                return True
        except phonenumbers.NumberParseException:
            continue
    return False


@lru_cache(1 << 14)
def _is_grouped(number: str) -> bool:
    """Whether a national number is valid and written in groups that its country uses."""
    import phonenumbers

    strict = phonenumbers.Leniency.STRICT_GROUPING
    return _is_valid(number, _OPEN) and any(
        match.raw_string == number
        for region in _OPEN
        for match in phonenumbers.PhoneNumberMatcher(number, region, leniency=strict)
    )


def _likely(text: str) -> bool:
    return _LIKELY.search(text) is not None


RULES = (Rule("phone", _likely, _PHONE, _phone),)
