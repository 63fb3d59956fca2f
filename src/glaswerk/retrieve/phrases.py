"""Phrases in double quotes: a passage must have them word for word, in this order and in these forms."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from glaswerk.retrieve.retriever import Hit

# English, German, French and Scandinavian pairs; a phrase of one's own keyboard has the same mark twice.
_QUOTED = re.compile(r'"([^"]+)"|[“„]([^“”„]+)[“”]|«([^«»]+)»|»([^«»]+)«')
_MARKS = re.compile(r"[‘’‚‛]")


@dataclass(frozen=True, slots=True)
class Phrases:
    """The quoted phrases of a question. `bare`: the question without them."""

    bare: str
    found: tuple[str, ...]

    def stand_in(self, hit: Hit) -> bool:
        """Whether a passage has every phrase, whatever its capitals and line breaks."""
        text = _plain(hit.text)
        return all(_has(text, phrase) for phrase in self.found)


def phrases(question: str) -> Phrases:
    """Read them; a mark without its partner quotes nothing."""
    every = [next(filter(None, match)) for match in _QUOTED.findall(question)]
    found = tuple(dict.fromkeys(" ".join(one.split()) for one in every if re.search(r"\w", one)))
    return Phrases(" ".join(_QUOTED.sub(" ", question).split()) if found else question, found)


def with_phrases(question: str, found: Sequence[str]) -> str:
    """The words that are searched."""
    return " ".join([question, *found]).strip()


def _has(text: str, phrase: str) -> bool:
    plain = _plain(phrase).strip(" .,;:!?…")
    # Whole words: "old bridge" is not in "bold bridges".
    return re.search(rf"(?<!\w){re.escape(plain)}(?!\w)", text) is not None


def _plain(text: str) -> str:
    composed = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _MARKS.sub("'", " ".join(composed.split())).casefold()
