"""Numbers by which states know people (tax, health, social insurance), an option.

python-stdnum has the checksums. Formats with a strong check are found anywhere. Those that any tenth number
passes, or that have no checksum, count only in their official grouping or after their name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module

from glaswerk.data.filters.pii.rule import Rule, has_digit

_EDGE, _END = r"(?<![A-Za-z0-9_.,/=#@+-])(?<!\d )", r"(?![A-Za-z0-9_/=@-])(?!\.\d)(?! \d)"
# (module of stdnum or empty, official grouping, bare digits that count after a name, names).
_KINDS = (
    ("us.ssn", r"\d{3}-\d{2}-\d{4}", r"\d{3} \d\d \d{4}|\d{9}", "ssn|social security|soc sec"),
    ("us.itin", r"9\d\d-\d\d-\d{4}", r"\d{9}", "itin"),
    (
        "",
        r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D]",
        "",
        "national insurance|nino|ni n",
    ),
    ("gb.nhs", "", r"\d{3}[ -]?\d{3}[ -]?\d{4}", "nhs"),
    (
        "de.idnr",
        r"\d\d \d{3} \d{3} \d{3}",
        r"\d{11}",
        "steuer|idnr|id-?nr|identifikationsnummer|tin|tax",
    ),
    ("fr.nir", r"[12] ?\d\d ?\d\d ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d", "", ""),
    ("it.codicefiscale", r"[A-Za-z]{6}\d\d[A-EHLMPR-Ta-ehlmpr-t]\d\d[A-Za-z]\d{3}[A-Za-z]", "", ""),
    ("es.dni", r"\d{2}\.?\d{3}\.?\d{3}[ -]?[A-Za-z]", "", ""),
    ("es.nie", r"[XYZxyz][ -]?\d{7}[ -]?[A-Za-z]", "", ""),
    ("nl.bsn", r"\d{4}\.\d\d\.\d{3}", r"\d{9}|\d{3}[ .]\d{3}[ .]\d{3}", "bsn|burgerservice|sofi"),
    ("pl.pesel", r"\d{11}", "", ""),
    ("br.cpf", r"\d{3}\.\d{3}\.\d{3}-\d\d|\d{11}", r"\d{3} ?\d{3} ?\d{3} ?\d\d", "cpf"),
    ("in_.aadhaar", r"[2-9]\d{3}(?P<gap>[ -])\d{4}(?P=gap)\d{4}", r"[2-9]\d{11}", "aadha?ar|uid|आधार"),
    ("in_.pan", r"[A-Z]{3}[ABCFGHJLPT][A-Z]\d{4}[A-Z]", "", ""),
    ("au.tfn", "", r"\d{3}[ -]?\d{3}[ -]?\d{2,3}", "tfn|tax file"),
    ("medicare", r"[2-6]\d{3} \d{5} \d(?:[ /]\d)?", r"[2-6]\d{9,10}", "medicare"),
)


@cache
def _validator(name: str) -> Callable[[str], bool]:
    if name == "medicare":
        return _medicare
    if not name:
        return lambda number: True
    validator: Callable[[str], bool] = import_module(f"stdnum.{name}").is_valid
    return validator


def _medicare(number: str) -> bool:
    """Services Australia: eight digits with weights 1, 3, 7, 9; the ninth is their sum modulo ten."""
    digits = [int(character) for character in number if character.isdigit()]
    return sum(a * b for a, b in zip(digits, (1, 3, 7, 9) * 2, strict=False)) % 10 == digits[8]


def _rule(name: str, shape: str, bare: str, names: str) -> list[Rule]:
    def confirms(match: re.Match[str]) -> bool:
        found = re.sub(r"[ ./-]", "", match["number"])
        return len(set(found)) > 1 and _validator(name)(found)

    patterns = [rf"{_EDGE}(?P<number>{shape}){_END}"] if shape else []
    if bare:
        patterns.append(rf"(?i:(?<![a-z])(?:{names}))[^\d\n]{{0,40}}?{_EDGE}(?P<number>{bare}){_END}")
    return [
        Rule("id-number", has_digit, re.compile(p), confirms, lambda m: m.span("number")) for p in patterns
    ]


RULES = tuple(rule for kind in _KINDS for rule in _rule(*kind))
