"""The sentence of a passage that answers a question, or the word that nothing does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from glaswerk.retrieve.retriever import Hit, Retriever
from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.terms import is_common, stems, words

# Of the telling weight of a question, what the passage must have.
_COVERED = 0.5
_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
# A name in the middle of a sentence. German writes all nouns so: the passage must have the rare ones.
_NAME = re.compile(r"(?<=[\w,;:)] )[„“\"'(]?([^\W\d_][\w'’-]*)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A quote: what the document of a hit has from the character `start` up to `end`, inside its passage."""

    hit: Hit
    start: int
    end: int
    covered: float

    @property
    def text(self) -> str:
        """The words of the document."""
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]


def answers(retriever: Retriever, question: str, hits: Sequence[Hit], limit: int = 3) -> list[Answer]:
    """Of the passages that hold what the question names and most of what it asks, the best sentence of each.

    [] if there is none: then nothing here answers it, and `hits` are only near.
    """
    asked = _asked(question)
    weights = {word: retriever.weight(word) for word in asked}
    found = []
    for hit in hits:
        covered = _coverage(weights, hit.text + " " + hit.author)
        if covered >= _COVERED and _names_stand(retriever, question, hit):
            found.append(_best(hit, weights, covered))
    return sorted(found, key=lambda answer: -answer.covered)[:limit]


def _best(hit: Hit, weights: dict[str, float], covered: float) -> Answer:
    spans = sentences(hit.text)
    own = [_coverage(weights, hit.text[slice(*span)]) for span in spans]
    # Of two alike, the one whose next sentence says more, then the first.
    scores = [one + following / 4 for one, following in zip(own, [*own[1:], own[-1]], strict=True)]
    start, end = spans[scores.index(max(scores))]
    return Answer(hit, hit.start + start, hit.start + end, covered)


def _asked(question: str) -> list[str]:
    found = list(dict.fromkeys(words(question)))
    return [word for word in found if not is_common(word)] or found


def _coverage(weights: dict[str, float], text: str) -> float:
    """Share of the weight of a question's words that occur in a text, by their stems."""
    there = _stems(words(text))
    total = sum(weights.values())
    return sum(w for word, w in weights.items() if there.intersection(stems(word))) / total if total else 0.0


def _names_stand(retriever: Retriever, question: str, hit: Hit) -> bool:
    """Whether every number and every name of the question occurs in the passage."""
    there = _stems(words(f"{hit.text} {hit.author}"))
    numbers = set(_NUMBER.findall(hit.text))
    numbers.add(hit.created_at[:4])
    if not set(_NUMBER.findall(question)) <= numbers:
        return False
    named = [name for name in _NAME.findall(question) if name[0].isupper()]
    telling = [word for name in named for word in words(name) if retriever.is_rare(word)]
    return all(there.intersection(stems(word)) for word in telling)


def _stems(found: Iterable[str]) -> set[str]:
    return {stem for word in found for stem in stems(word)}
