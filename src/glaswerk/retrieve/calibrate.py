"""How much of a question a passage must have, measured on the passages themselves.

Questions are made of random sentences: some of a sentence's telling words, and some of other sentences', as
somebody says it who does not know its words. Each is asked twice: with the sentence's document there, and
without it, when nothing answers it. The threshold keeps the second kind declined.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.retrieve.asked import Asked
from glaswerk.retrieve.retriever import COVERED, Retriever
from glaswerk.retrieve.sentences import sentences
from glaswerk.retrieve.terms import is_common

# Questions of either kind; fewer passages than that are too few to measure anything.
QUESTIONS = 300
# Words of a question: of the sentence, and of others.
_OWN, _OTHER = 4, 2
# Share of questions without an answer that may get a quote. What people ask about other things shares fewer
# words with a text than these do: of SQuAD's and XQuAD's questions about other articles, about half as many.
_WRONG = 0.16
_CHOICES = tuple(step / 100 for step in range(30, 71))
_LOOKED_AT = 6
_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class Calibration:
    """`threshold`: what was chosen. `wrong`: the share of questions without an answer that get a quote all
    the same; `kept`: of those with one. None: too little to measure. `questions`: of either kind."""

    threshold: float = COVERED
    wrong: float | None = None
    kept: float | None = None
    questions: int = 0

    def to_json(self) -> dict[str, Any]:
        """For the stats of the passages."""
        shares = {"wrong": self.wrong, "kept": self.kept}
        rounded = {name: round(value, 4) for name, value in shares.items() if value is not None}
        return {"threshold": self.threshold, "calibration": {**rounded, "questions": self.questions}}


def calibrate(file: Path) -> Calibration:
    """Measure the passages in a file."""
    dice = random.Random(1)
    passages = _drawn(file, dice)
    if len(passages) < QUESTIONS // 3:
        return Calibration()
    hidden: set[str] = set()
    with_answer, without = [], []
    retriever = Retriever(file, lambda: hidden)
    try:
        for question, document in _made(passages, dice):
            with_answer.append(_most(retriever, question))
            hidden.add(document)
            without.append(_most(retriever, question))
            hidden.clear()
    finally:
        retriever.close()
    if not without:
        return Calibration()
    fitting = (one for one in _CHOICES if _share(without, one) <= _WRONG)
    threshold = next(fitting, _CHOICES[-1])
    return Calibration(threshold, _share(without, threshold), _share(with_answer, threshold), len(without))


def _drawn(file: Path, dice: random.Random) -> list[tuple[str, str]]:
    """(document, text) of random passages."""
    sql = (
        "SELECT document.id, text FROM passage JOIN document ON document.number = document "
        "WHERE passage.number = ?"
    )
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as db:
        most = db.execute("SELECT count(*) FROM passage").fetchone()[0]
        numbers = dice.sample(range(1, most + 1), min(4 * QUESTIONS, most))
        return [db.execute(sql, (number,)).fetchone() for number in numbers]


def _made(passages: Sequence[tuple[str, str]], dice: random.Random) -> Iterator[tuple[str, str]]:
    count = 0
    for document, text in passages:
        start, end = dice.choice(sentences(text))
        own = _telling(text[start:end])
        others = _telling(dice.choice(passages)[1])
        if len(own) <= _OWN or len(others) < _OTHER:
            continue
        said = [*dice.sample(own, _OWN), *(word.lower() for word in dice.sample(others, _OTHER))]
        dice.shuffle(said)
        # Not at the beginning, where any word has a capital and is no name.
        yield f"? {' '.join(said)}", document
        count += 1
        if count == QUESTIONS:
            return


def _telling(text: str) -> list[str]:
    return [word for word in dict.fromkeys(_WORD.findall(text)) if not is_common(word.casefold())]


def _most(retriever: Retriever, question: str) -> float:
    """The largest share of a question that a passage with its names has."""
    asked = Asked(retriever, question)
    hits = retriever.find(question, _LOOKED_AT)
    shares = (asked.covered(f"{hit.text} {hit.author}", hit.lang) for hit in hits if asked.names_stand(hit))
    return max(shares, default=0.0)


def _share(found: Sequence[float], threshold: float) -> float:
    return sum(one >= threshold for one in found) / len(found)
