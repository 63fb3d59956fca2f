"""What a licence allows of a release, from its SPDX expression (https://spdx.org/licenses/)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

NON_COMMERCIAL, NO_DERIVATIVES, SHARE_ALIKE = "non-commercial", "no-derivatives", "share-alike"
COPYLEFT = "copyleft"
# What a release can declare itself to be, so that licences with these terms are no obstacle.
DECLARATIONS = (NON_COMMERCIAL, NO_DERIVATIVES, SHARE_ALIKE)
# In ids and names with hyphens between their words: CC-BY-NC-4.0, PolyForm-Noncommercial-1.0.0, CC-BY-ND-4.0.
_TERMS = {
    NON_COMMERCIAL: re.compile(
        r"(?:^|-)nc(?:-|\d|$)|ccbync|non?-?commer[cz]|nicht-?kommerz|no-?comer[a-z]*|not-for-commercial|commons-clause"
        r"|research-(?:use-)?only|(?:research|academic|educational|personal|evaluation|internal)-(?:use|purposes)"
        r"|(?:^|-)(?:busl|polyform|elastic-2|fsl-1|mnpl|mrl)(?:-|$)|mistral-(?:ai-)?(?:research|non-production)"
    ),
    NO_DERIVATIVES: re.compile(
        r"(?:^|-)nd(?:-|\d|$)|ccby(?:nc)?nd|no-?deriv|keine-bearbeitung|sin-?obra-?deriv"
    ),
    # Of data, the Open Database License and CDLA-Sharing ask for the same as CC-BY-SA, and so does the GFDL.
    SHARE_ALIKE: re.compile(
        r"(?:^|-)sa(?:-|\d|$)|ccby(?:nc)?sa|share-?alike|gleichen-bedingungen|compartir-?igual"
        r"|(?:^|-)odbl|open-database-licen[sc]e|cdla-sharing|(?:^|-)gfdl"
    ),
    COPYLEFT: re.compile(r"(?:^|-)[al]?gpl|(?:^|-)sspl"),
}
_UNSTATED_WORDS = (
    "unknown ? n-a na none null noassertion other tbd todo unclear unspecified not-specified no-license "
    "no-licence unlicensed various mixed see-source see-license"
)
_UNSTATED = frozenset(["", *_UNSTATED_WORDS.split()])
_RESERVED = re.compile(
    r"all-rights?-reserved|alle-rechte|tous-droits|proprietary|(?:^|-)(?:copyright|©|\(c\))(?:-|$)"
)
# Letters of other scripts that look like Latin ones.
_ALIKE = str.maketrans("АВСЕНІКМОРТХасеіорхуΑΒΕΗΙΚΜΝΟΡΤΧ", "ABCEHIKMOPTXaceiopxyABEHIKMNOPTX")
_MOST_ALTERNATIVES = 64
_COPYLEFT = ("Copyleft", "Copyleft Limited")


@dataclass(frozen=True, slots=True)
class LicenceTerms:
    """Terms that a licence sets: non-commercial, no-derivatives, share-alike, copyleft.

    `known` is False if a part of it is no SPDX id, such as "own" or "llama3.1": then its name alone was read.
    """

    terms: frozenset[str]
    known: bool


@cache
def licence_terms(licence: str) -> LicenceTerms:
    """The terms of a licence, an SPDX expression or a name.

    Of alternatives (OR), only terms of all of them hold; of several licences (AND), those of any.
    """
    # Reading the list of licences takes half a second.
    from license_expression import ExpressionError, get_spdx_licensing

    licensing = get_spdx_licensing()
    cleaned = clean(licence)
    try:
        parsed = licensing.parse(cleaned)
        unknown = licensing.unknown_license_keys(parsed) if parsed is not None else []
    except ExpressionError:
        parsed, unknown = None, [licence]
    if parsed is None:
        return LicenceTerms(_of_name(cleaned), known=False)
    return LicenceTerms(_of_expression(parsed), known=not unknown)


@cache
def alternatives(licence: str) -> tuple[str, ...]:
    """The licences of which a user may choose one: each is one licence or several joined by AND.

    What is no expression is its only alternative.
    """
    from license_expression import ExpressionError, get_spdx_licensing

    cleaned = clean(licence)
    try:
        parsed = get_spdx_licensing().parse(cleaned)
    except ExpressionError:
        return (cleaned,)
    found = list(_chosen(parsed)) if parsed is not None else []
    return tuple(" AND ".join(dict.fromkeys(names)) for names in found) or (cleaned,)


def _chosen(parsed: Any) -> Iterator[tuple[str, ...]]:
    parts = [list(_chosen(part)) for part in getattr(parsed, "args", ())]
    if not parts:
        yield (str(parsed),)
    elif parsed.operator.strip() == "OR":
        yield from (names for part in parts for names in part)
    else:
        count = 1
        for part in parts:
            count *= len(part)
        # Beyond any real licence, nothing may be chosen: all of them hold.
        if count > _MOST_ALTERNATIVES:
            parts = [[tuple(name for names in part for name in names)] for part in parts]
        for choice in product(*parts):
            yield tuple(name for names in choice for name in names)


def clean(licence: str) -> str:
    """The name with plain hyphens, Latin letters and single spaces, without invisible characters."""
    text = unicodedata.normalize("NFKC", licence)
    text = "".join(_plain(letter) for letter in text)
    if re.search(r"[A-Za-z]", text):
        text = text.translate(_ALIKE)
    return " ".join(text.split())


def _plain(letter: str) -> str:
    category = unicodedata.category(letter)
    return "-" if category == "Pd" or letter == "\u2212" else "" if category == "Cf" else letter


def is_unstated(licence: str) -> bool:
    """Whether these words name no licence at all: "unknown", "n/a", NOASSERTION, "other"."""
    return _hyphened(licence) in _UNSTATED


def is_reserved(licence: str) -> bool:
    """Whether these words keep all rights: "all rights reserved", "proprietary", "Copyright 2020 Lena"."""
    return _RESERVED.search(_hyphened(licence)) is not None


def _hyphened(name: str) -> str:
    return re.sub(r"[\s_/.,:;'’-]+", "-", clean(name).casefold()).strip("-")


def _of_expression(parsed: Any) -> frozenset[str]:
    parts = [_of_expression(part) for part in getattr(parsed, "args", ())]
    if not parts:
        # An exception may forbid more (the Commons Clause), or allow more, which changes no term here.
        exception = getattr(parsed, "exception_symbol", None)
        symbol = getattr(parsed, "license_symbol", parsed)
        more = _of_name(exception.key) if exception is not None else frozenset()
        return _of_name(symbol.key) | _of_category(symbol.key) | more
    joined = frozenset[str].intersection if parsed.operator.strip() == "OR" else frozenset[str].union
    return joined(*parts)


def _of_name(name: str) -> frozenset[str]:
    words = _hyphened(name)
    return frozenset(term for term, pattern in _TERMS.items() if pattern.search(words))


def _of_category(key: str) -> frozenset[str]:
    return frozenset({COPYLEFT}) if _categories().get(key.casefold()) in _COPYLEFT else frozenset()


@cache
def _categories() -> dict[str, str]:
    from license_expression import get_license_index

    return {
        str(one["spdx_license_key"]).casefold(): str(one.get("category", ""))
        for one in get_license_index()
        if one.get("spdx_license_key")
    }
