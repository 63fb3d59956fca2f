"""A small text grammar: `[a|b]` picks a branch, `{slot}` fills in a placeholder, and the result is tidied."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{([A-Za-z_]+)\}")
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r" ([,.;:!?])"), r"\1"),
    (re.compile(r",([,.;:!?])"), r"\1"),
    (re.compile(r"(?<!\.)([.!?])\.(?!\.)"), r"\1"),
)


def tidy(text: str) -> str:
    """Remove doubled spaces, commas and full stops where optional parts met."""
    for pattern, by in _TIDY:
        text = pattern.sub(by, text)
    return text.strip()


def choose_branches(template: str, rng: Random) -> str:
    """Replace every `[a|b|c]` by one of its branches, innermost first."""
    while match := _CHOICE.search(template):
        branch = rng.choice(match[1].split("|"))
        template = template[: match.start()] + branch + template[match.end() :]
    return template


def expand(template: str, rng: Random, slots: Mapping[str, str]) -> str:
    """Choose branches, fill in placeholders and tidy."""
    return tidy(choose_branches(template, rng).format_map(slots))


def capital(text: str) -> str:
    """The text with its first character in upper case."""
    return text[:1].upper() + text[1:]


def with_article(noun: str) -> str:
    """`noun` after its indefinite article, by spelling; "one-eyed" is the only exception here."""
    vowel = noun[0].lower() in "aeiou" and not noun.startswith("one")
    return ("an " if vowel else "a ") + noun


def slug(text: str) -> str:
    """Lower-case letters a to z and digits joined by single hyphens; accents are dropped."""
    plain = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def plain_words(text: str) -> str:
    """Lower-case words with single spaces: the form in which two phrasings are compared."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))


def always_holds(template: str, slots: Collection[str]) -> bool:
    """True if one of the placeholders `slots` is in the text whichever branches are picked."""
    marks = [f"{{{slot}}}" for slot in slots]

    def holds(text: str) -> bool:
        return any(mark in text for mark in marks)

    while match := _CHOICE.search(template):
        kept = marks[0] if all(holds(branch) for branch in match[1].split("|")) else ""
        template = template[: match.start()] + kept + template[match.end() :]
    return holds(template)


def template_problem(template: str, slots: Collection[str], *, branches: bool = True) -> str:
    """What is wrong with a template that may hold the placeholders `slots`, or an empty string.

    A placeholder is a bare word in braces: `str.format` would also look up attributes and widths.
    """
    problem = _bracket_problem(template, branches)
    if problem:
        return problem
    for slot in _SLOT.findall(template):
        if slot not in slots:
            known = ", ".join(f"{{{name}}}" for name in slots) or "none"
            return f"expected known placeholders ({known}), found {{{slot}}}"
    if "{" in (rest := _SLOT.sub("", template)) or "}" in rest:
        return "expected braces only around a {placeholder}, found another brace"
    return ""


def _bracket_problem(template: str, branches: bool) -> str:
    if not branches:
        wrong = next((mark for mark in "[|]" if mark in template), "")
        return f"expected plain text without brackets and bars, found {wrong!r}" if wrong else ""
    depth = 0
    for mark in template:
        depth += (mark == "[") - (mark == "]")
        if depth < 0:
            return "expected [a|b] with balanced brackets, found ']' without '['"
        if mark == "|" and depth == 0:
            return "expected '|' only inside brackets, found it outside"
    return "expected [a|b] with balanced brackets, found '[' without ']'" if depth else ""
