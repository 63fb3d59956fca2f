"""Whether a passage says what a sentence says: words alone decide, so that a doubt counts against it.

A sentence is supported by ONE sentence of a passage that has all of its numbers, names and telling words, in
the same order and under the same negation. This refuses much that is true; what it lets pass should be so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.terms import is_common, stems, words

Mark = Literal["quoted", "supported", "unsupported"]
_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
_NEGATION_WORDS = """
not no never none neither nor without cannot nothing nobody nowhere hardly barely nicht kein keine keinen
keinem keiner keines nie niemals ohne nichts niemand nirgends weder kaum
"""
_NEGATIONS = frozenset(_NEGATION_WORDS.split())
# Words by which the same thing is said otherwise; they need not be in the passage.
_FREE_WORDS = """
been being did does done having may might must should would could shall also just very called named
according says said text passage passages document documents source answer yes wurde wurden worden würde
sei seien habe hätte auch nur sehr laut gemäß heißt genannt text passage dokument dokumente quelle
antwort question frage
"""
_FREE = frozenset(_FREE_WORDS.split())
# Words of a quote: fewer may be in any text.
_QUOTED = 4


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence of an answer. `passage`: the number of the one that says so, None if none does.

    `reason`: why it is not supported, "" if it is.
    """

    text: str
    mark: Mark
    passage: int | None
    reason: str = ""


def claims(answer: str, question: str, passages: Sequence[str]) -> list[Claim]:
    """Every sentence of an answer, with what the passages say to it."""
    return [_claim(answer[start:end], question, passages) for start, end in sentences(answer)]


def _claim(text: str, question: str, passages: Sequence[str]) -> Claim:
    plain = _plain(text)
    if len(plain) >= _QUOTED:
        for number, passage in enumerate(passages):
            if _holds(_plain(passage), plain):
                return Claim(text, "quoted", number)
    told = _telling(plain)
    if not told:
        return Claim(text, "unsupported", None, "it says nothing that could be checked")
    reasons: list[str] = []
    for number, passage in enumerate(passages):
        for start, end in sentences(passage):
            reason = _refusal(text, told, passage[start:end], question)
            if not reason:
                return Claim(text, "supported", number)
            reasons.append(reason)
    # The one that came furthest in the checks says most.
    closest = max(reasons, key=_rank, default="no passage is cited")
    return Claim(text, "unsupported", None, closest)


_CHECKS = ("says no", "is not about", "has no number", "lacks", "negates", "another order")


def _rank(reason: str) -> int:
    return next((i for i, part in enumerate(_CHECKS) if part in reason), 0)


def _refusal(text: str, told: Sequence[str], sentence: str, question: str) -> str:
    """Why a sentence of a passage does not say what a claim says; "" if it does."""
    there = _plain(sentence)
    stems_there = [set(stems(word)) for word in there]
    every = set().union(*stems_there) if stems_there else set()
    asked = {stem for word in words(question) for stem in stems(word)}
    new = [word for word in told if not asked.intersection(stems(word))]
    if not new:
        return "it only repeats the question"
    about = [word for word in words(question) if not is_common(word)]
    shared = sum(1 for word in about if every.intersection(stems(word)))
    if 2 * shared < len(about):
        return "the passage's sentence is not about what is asked"
    numbers = set(_NUMBER.findall(text)) - set(_NUMBER.findall(sentence))
    if numbers:
        return f"the passage has no number {min(numbers)}"
    missing = [word for word in told if not every.intersection(stems(word))]
    if missing:
        return f"the passage lacks {missing[0]!r}"
    if negated(words(text)) != negated(there):
        return "one of the two negates what the other says"
    if not _in_order(told, stems_there):
        return "the passage has these words in another order"
    return ""


def _plain(text: str) -> list[str]:
    return words(text)


def _telling(found: Iterable[str]) -> list[str]:
    return [w for w in found if not is_common(w) and w not in _FREE and w not in _NEGATIONS]


def negated(found: Iterable[str]) -> bool:
    """Whether words deny something: an odd number of negations."""
    return sum(1 for word in found if word in _NEGATIONS or word.endswith("n't")) % 2 == 1


def _in_order(told: Sequence[str], there: Sequence[set[str]]) -> bool:
    """Whether the words of a claim follow each other in the sentence, too: who did what to whom."""
    at = 0
    for word in told:
        own = set(stems(word))
        found = next((i for i in range(at, len(there)) if there[i] & own), None)
        if found is None:
            return False
        at = found + 1
    return True


def _holds(text: Sequence[str], part: Sequence[str]) -> bool:
    size = len(part)
    return any(text[i : i + size] == list(part) for i in range(len(text) - size + 1))
