"""A question of a conversation, with the words that its pronouns stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from glaswerk.retrieve.terms import is_common, words

_POINT_WORDS = """
it its he him his she her hers they them their theirs this that these those there then one ones er ihn ihm
sein seine sie ihr ihre es dort da dann dies diese dieser dieses jene jener jenes davon darüber dafür
damit dessen deren
"""
_POINTS = frozenset(_POINT_WORDS.split())
_GOES_ON = re.compile(r"^\s*(and|but|or|so|und|aber|oder)\b", re.I)
_INSTEAD = re.compile(
    r"^\s*(?:(?:and|und)\s+)?(?:what about|how about|was ist mit|wie ist es mit|wie steht es um)\s+", re.I
)
_NAME = re.compile(r"(?<=[\w,;:)] )[„“\"'(]?[^\W\d_a-zß-öø-ÿ][\w'’-]*")
# How far back the words of a question are looked for.
_BACK = 4


def resolved(question: str, earlier: Sequence[str]) -> str:
    """`question`, with the telling words of the one before it where it points at them.

    earlier: what the same person asked before, the oldest first. "And where is it?" after "Who built the old
    bridge?" becomes "And where is it? built old bridge"; "What about Ben?" keeps what was asked of another.
    """
    found: list[str] = []
    text = question
    for before in reversed(earlier[-_BACK:]):
        if not _leans(text):
            break
        found += _telling(_NAME.sub("", before) if _INSTEAD.match(text) else before)
        text = before
    known = set(words(question))
    missing = [word for word in dict.fromkeys(found) if word.casefold() not in known]
    return f"{question} {' '.join(missing)}" if missing else question


def _leans(question: str) -> bool:
    """Whether a question says too little by itself: it points back, goes on, or names next to nothing."""
    asked = words(question)
    telling = [word for word in asked if not is_common(word) and word not in _POINTS]
    if _INSTEAD.match(question) or not telling:
        return True
    pointing = not _POINTS.isdisjoint(asked)
    return (len(telling) <= 1 and (pointing or bool(_GOES_ON.match(question)))) or (
        pointing and len(telling) <= 3 and not _NAME.search(question)
    )


def _telling(question: str) -> list[str]:
    """The words of a question that say what it is about, as they are written: names stay names."""
    return [
        word
        for word in re.findall(r"[\w'’-]+", question)
        if not is_common(word.casefold()) and word.casefold() not in _POINTS
    ]
