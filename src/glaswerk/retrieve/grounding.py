"""What one's own content says to a question: quotes that answer it, near passages, a count, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import chain, zip_longest
from typing import Any, Literal

from glaswerk.retrieve.answer import Answer, answers, answers_by_meaning
from glaswerk.retrieve.claimed import apart
from glaswerk.retrieve.counting import Count, counted
from glaswerk.retrieve.follow_up import resolved
from glaswerk.retrieve.phrases import Phrases, phrases, with_phrases
from glaswerk.retrieve.retriever import Filters, Hit, Retriever
from glaswerk.retrieve.scope import Scope, scope
from glaswerk.retrieve.terms import is_common, words

Verdict = Literal["answered", "closest", "counted", "declined"]
# Quotes of an answer, and passages in which they are looked for.
QUOTES, _LOOKED_AT = 3, 12
# Passages that are read for a phrase in quotes: the best ones have all of its words.
_READ = 600
# What "what changed since May?" asks about nothing in particular.
_CHANGE_WORDS = """
changed change changes new news happened happen neu neues geändert passiert geschehen
"""
_CHANGES = frozenset(_CHANGE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Grounds:
    """verdict: "closest" if no quote has the kind of thing that was asked for, "declined" if there is none.

    question: as it was searched, with what its pronouns stand for. near: the best passages, whether they
    answer or not.
    """

    question: str
    verdict: Verdict
    quotes: tuple[Answer, ...]
    near: tuple[Hit, ...]
    filters: Filters
    count: Count | None = None

    def to_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "question": self.question,
            "verdict": self.verdict,
            "quotes": [quote.to_json() for quote in self.quotes],
            "near": [hit.to_json() for hit in self.near],
            "filters": self.filters.to_json(),
            "count": self.count.to_json() if self.count else None,
        }


def ground(
    retriever: Retriever,
    question: str,
    earlier: Sequence[str] = (),
    filters: Filters | None = None,
    limit: int = QUOTES,
    today: date | None = None,
) -> Grounds:
    """Search for a question of a conversation.

    earlier: what was asked before, the oldest first. today: what "since May" is read by. A phrase in double
    quotes must occur in a passage as it is written, or the passage is neither quoted nor near.
    """
    asked = resolved(question, earlier)
    day = today or datetime.now(UTC).date()
    said = phrases(asked)
    # Names and times inside of quotes are words of the phrase.
    found = scope(said.bare, filters or Filters(), retriever.author, day)
    found = replace(found, question=with_phrases(found.question, said.found))
    # A count of words says nothing of their order.
    if not said.found and (count := counted(retriever, found)):
        near, _ = _found(retriever, replace(found, question=count.about), said, limit, "")
        return Grounds(asked, "counted", (), tuple(near[:limit]), found.filters, count)
    if _asks_for_changes(found):
        near = _newest(retriever, found, limit)
        return Grounds(asked, "closest" if near else "declined", (), tuple(near), found.filters)
    # Whose names and numbers must occur: the question's own, without the time that is a filter now.
    own = scope(phrases(question).bare, found.filters, retriever.author, day)
    named = with_phrases(own.question, said.found)
    near, quotes = _found(retriever, found, said, max(limit, _LOOKED_AT), named)
    quotes = quotes if found.authors else apart(quotes, found.question)
    quotes = quotes[: max(limit, len(found.authors))]
    if not (said.found or found.authors):
        meant = answers_by_meaning(retriever, found.question, found.filters, limit, named)
        quotes = _with_meant(quotes, meant, limit)
        near = _with_near(near, [quote.hit for quote in meant], limit)
    fitting = any(quote.fits for quote in quotes)
    verdict: Verdict = "answered" if fitting else "closest" if quotes else "declined"
    shown = near[: limit * (1 + retriever.has_vectors)]
    return Grounds(asked, verdict, tuple(quotes), tuple(shown), found.filters)


def _with_meant(quotes: Sequence[Answer], meant: Sequence[Answer], limit: int) -> list[Answer]:
    """Quotes of both: what answers by its words comes first, what is nearest in meaning before the last."""
    new = [one for one in meant if not any(_overlap(one, other) for other in quotes)]
    if not quotes:
        return new[:limit]
    first = quotes[: max(1, limit - 1)]
    return [*first, *new[:1], *quotes[len(first) :]][:limit]


def _overlap(one: Answer, other: Answer) -> bool:
    same = one.hit.document == other.hit.document
    return same and one.start < other.end and other.start < one.end


def _with_near(near: Sequence[Hit], meant: Sequence[Hit], limit: int) -> list[Hit]:
    """The union of both first ones, in turn: ranks of two kinds have no common scale."""
    new = [hit for hit in meant if all(hit.text != other.text for other in near[:limit])]
    return [hit for pair in zip_longest(near[:limit], new[:limit]) for hit in pair if hit is not None]


def _found(
    retriever: Retriever, found: Scope, said: Phrases, looked_at: int, named: str
) -> tuple[list[Hit], list[Answer]]:
    """Of several authors, each one's passages: who says much does not hide who says little."""
    if not found.authors:
        near = _near(retriever, found.question, said, looked_at, found.filters)
        return near, answers(retriever, found.question, near, looked_at, named)
    every: list[Hit] = []
    quotes: list[list[Answer]] = []
    for author in found.authors:
        near = _near(retriever, found.question, said, looked_at, found.filters.by(author))
        quotes.append(answers(retriever, found.question, near, looked_at, ""))
        every += near[: QUOTES if len(found.authors) == 1 else 1]
    # The best of each first.
    most = max(map(len, quotes))
    return every, [own[i] for i in range(most) for own in quotes if i < len(own)]


def _near(retriever: Retriever, question: str, said: Phrases, looked_at: int, filters: Filters) -> list[Hit]:
    if not said.found:
        return retriever.find(question, looked_at, filters)
    # The phrases alone: the rarer words of the rest would leave no room for theirs.
    every = retriever.find(" ".join(said.found), _READ, filters)
    return [hit for hit in every if said.stand_in(hit)][:looked_at]


def _newest(retriever: Retriever, found: Scope, limit: int) -> list[Hit]:
    if not found.authors:
        return retriever.newest(found.filters, limit)
    each = (retriever.newest(found.filters.by(author), limit) for author in found.authors)
    return sorted(chain.from_iterable(each), key=lambda hit: hit.created_at, reverse=True)[:limit]


def _asks_for_changes(found: Scope) -> bool:
    """Whether it is a time or an author and nothing else that is asked about."""
    timed = bool(found.filters.since or found.filters.until or found.authors)
    telling = [word for word in words(found.question) if not is_common(word)]
    return timed and _CHANGES.issuperset(telling)
