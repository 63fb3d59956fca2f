"""A small text grammar: `[a|b]` picks one branch, `{slot}` fills one in, and the result is tidied."""

from __future__ import annotations

import re
from collections.abc import Mapping
from random import Random

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_TIDY = (
    (re.compile(r"\s+"), " "),
    (re.compile(r" ([,.;:!?])"), r"\1"),
    (re.compile(r",([,.;:!?])"), r"\1"),
    (re.compile(r"([.!?])\.(?!\.)"), r"\1"),
)


def lines(block: str) -> tuple[str, ...]:
    """The non-empty lines of a text block, so that language data can be written one template a line.

    A line that starts with `| ` goes on with the line before.
    """
    joined = re.sub(r"\n\s*\| ", " ", block.strip())
    return tuple(line.strip() for line in joined.splitlines() if line.strip())


def words(block: str) -> tuple[str, ...]:
    """The words of a text block: name lists stay readable that way."""
    return tuple(block.split())


def tidy(text: str) -> str:
    """Mend the seams where optional parts met: doubled spaces, commas and full stops."""
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
    """Choose branches, fill slots, tidy, and start with a capital unless the template does not."""
    return tidy(choose_branches(template, rng).format_map(slots))


def capital(text: str) -> str:
    """The text with its first character in upper case."""
    return text[:1].upper() + text[1:]


def with_article(noun: str) -> str:
    """`noun` after its indefinite article, by spelling; "one-eyed" is the only exception here."""
    vowel = noun[0].lower() in "aeiou" and not noun.startswith("one")
    return ("an " if vowel else "a ") + noun


def slug(text: str) -> str:
    """Lower-case letters and digits joined by single hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def plain_words(text: str) -> str:
    """Lower-case words with single spaces: the form in which two phrasings are compared."""
    return " ".join(re.findall(r"[a-z0-9']+", text.lower()))
