"""Coordinates that are accurate to about ten metres."""

from __future__ import annotations

import re

from glaswerk.data.filters.pii.rule import Rule, contains, has_decimal

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


RULES = (Rule("coordinates", has_decimal, _DECIMAL, _decimal), Rule("coordinates", contains("°"), _DMS))
