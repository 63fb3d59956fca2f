"""Licences that ask for the same licence on what is made from their content, and what counts as the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

from glaswerk.core.licences import COPYLEFT, SHARE_ALIKE, clean, licence_terms

# "-only" and "-or-later" say which versions; a country's code may follow a version of Creative Commons.
_VERSION = re.compile(r"-?v?(\d+(?:\.\d+)*)(-only|-or-later|\+)?(?:-[a-z]{2})?$")
# Which other licences these name as compatible: CC-BY-SA-4.0 (https://creativecommons.org/compatiblelicenses),
# LGPL-3.0, and GPL-3.0 in section 13.
_ALSO = {"cc-by-sa": ("gpl",), "lgpl": ("gpl", "agpl"), "gpl": ("agpl",)}
_GNU = ("gpl", "lgpl", "agpl", "gfdl")


@dataclass(frozen=True, slots=True)
class _Licence:
    """One licence: its family (CC-BY-SA, GPL), its version, and whether it allows later versions."""

    family: str
    version: tuple[int, ...]
    later: bool


def shares_alike(licence: str, *, weights: bool) -> bool:
    """Whether what is made from content of this licence must have the same licence.

    weights: it is the licence of weights, which tuning changes as work on a program does, so copyleft counts.
    """
    terms = licence_terms(licence).terms
    return SHARE_ALIKE in terms or (weights and COPYLEFT in terms)


def may_be_under(licence: str, release: str) -> bool:
    """Whether the licence `release` is the share-alike licence `licence`, a later version that it allows, or
    one that it names as compatible.

    `licence` may be several: of those joined by OR one must fit, of those joined by AND all that share alike.
    """
    asking = [name for name in _names(licence) if shares_alike(name, weights=True)]
    there = [_parsed(name) for name in _names(release)]
    fits = (any(_fits(_parsed(name), other) for other in there) for name in asking)
    return any(fits) if re.search(r"\sOR\s", licence) else all(fits)


def _names(expression: str) -> list[str]:
    parts = re.split(r"(?i:[()]|\s(?:AND|OR|WITH)\s)", clean(expression))
    return [re.sub(r"[\s_]+", "-", part.strip().casefold()) for part in parts if part.strip()]


def _parsed(name: str) -> _Licence:
    found = _VERSION.search(name)
    if found is None:
        return _Licence(name, (), True)
    family = name[: found.start()]
    numbers = tuple(int(part) for part in found[1].removesuffix(".0").split("."))
    return _Licence(family, numbers, family not in _GNU or found[2] in ("-or-later", "+"))


def _fits(licence: _Licence, release: _Licence) -> bool:
    unversioned = not licence.version or not release.version
    if licence.family == release.family:
        same = licence.version == release.version
        return unversioned or same or (licence.later and release.version > licence.version)
    if release.family not in _ALSO.get(licence.family, ()):
        return False
    # Only the GPL's third version is named by others; a GPL of "2.0 only" allows no AGPL.
    old = licence.family == "gpl" and not licence.later and licence.version < (3,)
    return licence.family == "lgpl" or (not old and (unversioned or release.version >= (3,)))
