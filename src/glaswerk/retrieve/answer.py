"""The sentence of a passage that answers a question, or the word that nothing does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from glaswerk.retrieve.expected import Kind, expected, has
from glaswerk.retrieve.retriever import Hit, Retriever
from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.terms import is_common, stems, words

_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
# What it is worth that a sentence has the kind of thing that is asked for, in shares of the question.
_FITS = 0.2
# Of the weight of a question, what a sentence and its neighbours must have.
_AROUND = 0.5
_WRITES = re.compile(r"\b(wrote|posted|said|says|schrieb|sagte|sagt|postete)\b", re.I)
# A name in the middle of a sentence. German writes all nouns so: the passage must have the rare ones.
_NAME = re.compile(r"(?<=[\w,;:)] )[„“\"'(]?([^\W\d_][\w'’-]*)")


@dataclass(frozen=True, slots=True)
class Answer:
    """A quote: what the document of a hit has from the character `start` up to `end`, inside its passage.

    fits: whether it has the kind of thing that is asked for, such as a time; without, it is only the closest.
    """

    hit: Hit
    start: int
    end: int
    covered: float
    fits: bool = True

    @property
    def text(self) -> str:
        """The words of the document."""
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]

    def to_json(self) -> dict[str, Any]:
        """As `glaswerk find --json` and the API show it."""
        quote = {"quote": self.text, "quote_start": self.start, "quote_end": self.end}
        return {**quote, "covered": round(self.covered, 4), "fits": self.fits, **self.hit.to_json()}


def answers(retriever: Retriever, question: str, hits: Sequence[Hit], limit: int = 3) -> list[Answer]:
    """Of the passages that hold what the question names and most of what it asks, the best sentence of each.

    Those that have the kind of thing that is asked for come first, then those that cover more. [] if there is
    none: then nothing here answers it, and `hits` are only near.
    """
    weights = weights_of(retriever, question)
    found = []
    for hit in hits:
        covered = coverage(weights, f"{hit.text} {hit.author}")
        if covered >= retriever.threshold and names_stand(retriever, question, hit):
            found.append(_best(hit, weights, covered, question))
    return sorted(found, key=lambda answer: (not answer.fits, -answer.covered))[:limit]


def weights_of(retriever: Retriever, question: str) -> dict[str, float]:
    """By word, how telling it is in these passages."""
    return {word: retriever.weight(word) for word in _asked(question)}


def _best(hit: Hit, weights: dict[str, float], covered: float, question: str) -> Answer:
    kind, spans = expected(question), sentences(hit.text)
    texts = [hit.text[slice(*span)] for span in spans]
    own = [coverage(weights, text) for text in texts]
    # Of two alike, the one whose next sentence says more, then the first.
    scores = [one + following / 4 for one, following in zip(own, [*own[1:], own[-1]], strict=True)]
    fitting = [has(kind, text, question) for text in texts]
    scores = [score + (_FITS if fits else 0) for score, fits in zip(scores, fitting, strict=True)]
    best = scores.index(max(scores))
    start, end = spans[best]
    fits = fitting[best] or _fits_by_author(kind, hit, question)
    # Words that stand far apart in a passage may have nothing to do with each other.
    around = coverage(weights, " ".join([hit.author, *texts[max(0, best - 1) : best + 2]]))
    return Answer(hit, hit.start + start, hit.start + end, covered, fits and around >= _AROUND)


def _fits_by_author(kind: Kind, hit: Hit, question: str) -> bool:
    return kind == "person" and bool(hit.author) and bool(_WRITES.search(question))


def _asked(question: str) -> list[str]:
    found = list(dict.fromkeys(words(question)))
    return [word for word in found if not is_common(word)] or found


def coverage(weights: dict[str, float], text: str) -> float:
    """Share of the weight of a question's words that occur in a text, by their stems."""
    there = _stems(words(text))
    total = sum(weights.values())
    return sum(w for word, w in weights.items() if there.intersection(stems(word))) / total if total else 0.0


def names_stand(retriever: Retriever, question: str, hit: Hit) -> bool:
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
