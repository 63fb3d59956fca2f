"""What a licence allows of a release, from its SPDX expression (https://spdx.org/licenses/)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

NON_COMMERCIAL, NO_DERIVATIVES, SHARE_ALIKE = "non-commercial", "no-derivatives", "share-alike"
COPYLEFT = "copyleft"
# What a release can declare itself to be, so that licences with these terms are no obstacle.
DECLARATIONS = (NON_COMMERCIAL, NO_DERIVATIVES, SHARE_ALIKE)
# In ids and names with hyphens between their words: CC-BY-NC-4.0, PolyForm-Noncommercial-1.0.0, CC-BY-ND-4.0.
_TERMS = {
    NON_COMMERCIAL: re.compile(r"(?:^|-)nc(?:-|$)|non-?commercial|research-only"),
    NO_DERIVATIVES: re.compile(r"(?:^|-)nd(?:-|$)|no-?deriv"),
    # Of data, the Open Database License and CDLA-Sharing ask for the same as CC-BY-SA, and so does the GFDL.
    SHARE_ALIKE: re.compile(
        r"(?:^|-)sa(?:-|$)|share-?alike|(?:^|-)odbl|open-database-licen[sc]e|cdla-sharing|(?:^|-)gfdl"
    ),
    COPYLEFT: re.compile(r"(?:^|-)[al]?gpl"),
}
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
    try:
        parsed = licensing.parse(licence.strip())
        unknown = licensing.unknown_license_keys(parsed) if parsed is not None else []
    except ExpressionError:
        parsed, unknown = None, [licence]
    if parsed is None:
        return LicenceTerms(_of_name(licence), known=False)
    return LicenceTerms(_of_expression(parsed), known=not unknown)


def _of_expression(parsed: Any) -> frozenset[str]:
    parts = [_of_expression(part) for part in getattr(parsed, "args", ())]
    if not parts:
        return _of_name(parsed.key) | _of_category(parsed.key)
    joined = frozenset[str].intersection if parsed.operator.strip() == "OR" else frozenset[str].union
    return joined(*parts)


def _of_name(name: str) -> frozenset[str]:
    words = re.sub(r"[\s_]+", "-", name.strip().casefold())
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
