"""Puts a sentence into a voice: opener or closer, spelling, slips of the finger."""

from __future__ import annotations

import re
from random import Random

from glaswerk.town.text.records import Voice

# Letters of any alphabet: a name with an accent is a name too.
_SENTENCE_START = re.compile(r"(^|[.!?] )([^\W\d_a-z])((?:[^\W\d_A-Z]|')*)")
_LONG_WORD = re.compile(r"(?<![@#/.\w])[a-z]{6,}(?![\w.])")


def lower_starts(text: str, proper: frozenset[str]) -> str:
    """The text with sentence starts in lower case, except names, so that facts stay readable."""

    def lowered(match: re.Match[str]) -> str:
        word = match[2] + match[3]
        return match[1] + (word if word in proper else word.lower())

    return _SENTENCE_START.sub(lowered, text)


def slip(text: str, rng: Random, protected: str) -> str:
    """Swap two letters inside one long common word; a word of `protected` is never touched."""
    spots = [match for match in _LONG_WORD.finditer(text) if match[0] not in protected]
    if not spots:
        return text
    match = rng.choice(spots)
    at = match.start() + rng.randint(1, len(match[0]) - 3)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def dress(core: str, voice: Voice, rng: Random) -> str:
    """The core sentence with this voice's opener or closer around it, or plain."""
    draw = rng.random()
    if draw < voice.calm:
        return core
    if draw < voice.calm + (1 - voice.calm) * 0.45:
        return f"{rng.choice(voice.openers)} {core}"
    return f"{core} {rng.choice(voice.closers)}"


def spell(text: str, voice: Voice, rng: Random, proper: frozenset[str], protected: str = "") -> str:
    """The text as this voice would type it."""
    if voice.lower:
        text = lower_starts(text, proper)
        text = text[:-1] if text.endswith(".") and rng.random() < 0.6 else text
    return slip(text, rng, protected) if rng.random() < voice.typos else text
