"""The sentence of a passage that answers a question, or the word that nothing does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from glaswerk.retrieve.asked import Asked
from glaswerk.retrieve.expected import Kind, expected, has
from glaswerk.retrieve.retriever import Filters, Hit, Retriever
from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.support import negated
from glaswerk.retrieve.terms import words

# What it is worth that a sentence has the kind of thing that is asked for, in shares of the question; and
# what it costs to be a question, which answers none.
_FITS, _ASKS = 0.2, 0.4
# Of the weight of a question, what a sentence and its neighbours must have to be called an answer. Of SQuAD's
# questions about a passage that does not answer them, with its words, 72 % pass 0.5 and 16 % this.
_SURE = 0.87
# Characters of a quote of two sentences.
_LONGEST = 400
_WRITES = re.compile(r"\b(wrote|posted|said|says|schrieb|sagte|sagt|postete)\b", re.I)


@dataclass(frozen=True, slots=True)
class Answer:
    """A quote: what the document of a hit has from the character `start` up to `end`, inside its passage: the
    sentence that answers best and, unless it is long, the one after it.

    fits: whether it has nearly all that is asked, and the kind of thing that is asked for, such as a time;
    without, it is only the closest. by: what it was found by, its words or (with vectors) what it means.
    """

    hit: Hit
    start: int
    end: int
    covered: float
    fits: bool = True
    by: Literal["words", "meaning"] = "words"

    @property
    def text(self) -> str:
        """The words of the document."""
        return self.hit.text[self.start - self.hit.start : self.end - self.hit.start]

    def to_json(self) -> dict[str, Any]:
        """As `glaswerk find --json` and the API show it."""
        quote = {"quote": self.text, "quote_start": self.start, "quote_end": self.end}
        how = {"covered": round(self.covered, 4), "fits": self.fits, "by": self.by}
        return {**quote, **how, **self.hit.to_json()}


def answers(
    retriever: Retriever, question: str, hits: Sequence[Hit], limit: int = 3, named: str | None = None
) -> list[Answer]:
    """Of the passages with what the question names and enough of what it asks, the best sentence of each.

    Those that fit come first, then those that cover more. [] if there is none: then nothing here answers it,
    and `hits` are only near. named: as `Asked` takes it.
    """
    asked = Asked(retriever, question, named)
    found = []
    for hit in hits:
        covered = asked.covered(f"{hit.text} {hit.author}", hit.lang)
        if covered >= retriever.threshold and asked.names_stand(hit):
            found.append(_best(asked, hit, covered))
    return sorted(found, key=lambda answer: (not answer.fits, -answer.covered))[:limit]


def answers_by_meaning(
    retriever: Retriever, question: str, filters: Filters, limit: int, named: str | None = None
) -> list[Answer]:
    """The sentences nearest in meaning, of passages with what the question names; [] without vectors.

    Each is only the closest: a sentence that is about the same may answer another question.
    """
    asked = Asked(retriever, question, named)
    found = []
    for meant in retriever.meant(question, limit, filters):
        if asked.names_stand(meant.hit):
            covered = asked.covered(f"{meant.hit.text} {meant.hit.author}", meant.hit.lang)
            end = _with_next(meant.hit, meant.start, meant.end)
            found.append(Answer(meant.hit, meant.start, end, covered, fits=False, by="meaning"))
    return found


def _with_next(hit: Hit, start: int, end: int) -> int:
    """Where a quote ends: after the sentence that follows, unless the two are long."""
    ends = [hit.start + stop for _, stop in sentences(hit.text) if hit.start + stop > end]
    return ends[0] if ends and ends[0] - start <= _LONGEST else end


def _best(asked: Asked, hit: Hit, covered: float) -> Answer:
    kind, spans = expected(asked.text), sentences(hit.text)
    texts = [hit.text[slice(*span)] for span in spans]
    own = [asked.covered(text, hit.lang) for text in texts]
    fitting = [has(kind, text, asked.text) for text in texts]
    # Of two alike, the one whose next sentence says more, then the first.
    scores = [
        one + following / 4 + (_FITS if fits else 0) - (_ASKS if _asks(text) else 0)
        for one, following, fits, text in zip(own, [*own[1:], own[-1]], fitting, texts, strict=True)
    ]
    best = scores.index(max(scores))
    # Words that stand far apart in a passage may have nothing to do with each other.
    around = " ".join([hit.author, *texts[max(0, best - 1) : best + 2]])
    kept = fitting[best] or _fits_by_author(kind, hit, asked.text)
    start, end = spans[best]
    # What was asked is often said in the sentence after the one that has the words.
    if best + 1 < len(spans) and spans[best + 1][1] - start <= _LONGEST:
        end, kept = spans[best + 1][1], kept or fitting[best + 1]
    # What is not so is not answered by what is.
    denied = negated(words(asked.text)) and not negated(words(around))
    fits = kept and not denied and asked.covered(around, hit.lang) >= _SURE
    return Answer(hit, hit.start + start, hit.start + end, covered, fits)


def _asks(text: str) -> bool:
    return text.rstrip("\"'”») ").endswith("?")


def _fits_by_author(kind: Kind, hit: Hit, question: str) -> bool:
    return kind == "person" and bool(hit.author) and bool(_WRITES.search(question))
