"""`mask`: all rules in turn over a text, until nothing more is found."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.filters.pii import accounts, addresses, emails, id_numbers, phones, places, secrets
from glaswerk.data.filters.pii.rule import Masks, Rule, Span, contains

KINDS = ("email", "phone", "iban", "card", "ip", "coordinates", "secret", "id-number", "handle")
# Off by default: posts address each other by handles, so masking them hides who talks to whom; numbers of
# identity are rare in posts, and some have no checksum.
OPTIONAL_KINDS = ("id-number", "handle")
DEFAULT_KINDS = tuple(kind for kind in KINDS if kind not in OPTIONAL_KINDS)
_HANDLE = re.compile(r"(?<![\w@/])@\w{1,30}(?:@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})?(?!\w)")
# Order matters: a password in a link looks like the start of an address, a Fediverse handle contains one, and
# a card number could pass for a telephone number.
_RULES: tuple[Masks, ...] = (
    *secrets.RULES,
    Rule("handle", contains("@"), _HANDLE),
    *emails.RULES,
    *accounts.RULES,
    *id_numbers.RULES,
    *addresses.RULES,
    *places.RULES,
    *phones.RULES,
)
# Full-width forms (＠, １) and digits of other scripts, which are read as ASCII.
_WIDE = frozenset(
    {*map(chr, range(0xFF01, 0xFF5F)), "\ufe6b", *(c for c in map(chr, range(128, 0x20000)) if c.isdecimal())}
)
# What Japanese keyboards write for a hyphen between digits: a minus, or the sign of a long vowel.
_DASHES = "\u2212\u30fc\ufe63"
_DASH = re.compile(rf"(?<=\d)[{_DASHES}](?=\d)")


def mask(text: str, kinds: Sequence[str] = DEFAULT_KINDS) -> tuple[str, Counter[str]]:
    """`text` with personal data of `kinds` masked, and the number of matches by kind.

    Masking a masked text changes nothing. Raises GlaswerkError for a kind that is not among KINDS.
    """
    rules = _rules(tuple(kinds))
    counts: Counter[str] = Counter()
    while True:
        masked = _once(text, rules, counts)
        # A mask can reveal a number next to it. Each round removes digits, an @ or a secret, so this ends.
        if masked == text:
            return text, counts
        text = masked


def _once(text: str, rules: Sequence[Masks], counts: Counter[str]) -> str:
    plain = _plain(text)
    for rule in rules:
        if spans := rule.spans(plain):
            counts[rule.kind] += len(spans)
            text = _replaced(text, spans, f"[{rule.kind}]")
            plain = _plain(text)
    return text


def _replaced(text: str, spans: Sequence[Span], by: str) -> str:
    parts: list[str] = []
    done = 0
    for start, end in spans:
        parts += (text[done:start], by)
        done = end
    return "".join((*parts, text[done:]))


def _plain(text: str) -> str:
    """The text with full-width forms, digits and dashes between them as ASCII, of the same length."""
    if text.isascii():
        return text
    if not _WIDE.isdisjoint(text):
        text = "".join(_narrow(character) if character in _WIDE else character for character in text)
    return text if set(_DASHES).isdisjoint(text) else _DASH.sub("-", text)


def _narrow(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return str(digit) if digit is not None else unicodedata.normalize("NFKC", character)


@cache
def _rules(kinds: tuple[str, ...]) -> tuple[Masks, ...]:
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise GlaswerkError(
            f"expected kinds of personal data ({', '.join(KINDS)}), found {', '.join(map(repr, unknown))}",
            hint=f"choose from: {' '.join(KINDS)}",
        )
    return tuple(rule for rule in _RULES if rule.kind in kinds)
