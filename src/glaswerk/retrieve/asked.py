"""A question as it is compared with texts: its telling words, how much each tells, its numbers and names."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property

from glaswerk.retrieve.retriever import Hit, Retriever
from glaswerk.retrieve.terms import is_common, is_german, stems, words

_NUMBER = re.compile(r"\d[\d.,:]*\d|\d")
# A name in the middle of a sentence; in German any noun.
_NAME = re.compile(r"(?<=[\w,;:)] )[„“\"'(]?([^\W\d_][\w'’-]*)")
# A German noun after an article, a numeral or an adjective, which names rarely have.
_NOUN = re.compile(
    r"\b(?:[Dd](?:er|ie|as|em|en|es)|[Ee]in(?:e[rnms]?)?|[Ww]elche[rnms]?|[Vv]iele|zu[rm]|[ai]m|vom|beim|"
    r"[a-zäöüß]{3,}e[rnms]?|\d+) ([A-ZÄÖÜ][\w-]+)"
)


class Asked:
    """A question. named: whose names and numbers must stand, where `text` has words of earlier ones."""

    def __init__(self, retriever: Retriever, text: str, named: str | None = None) -> None:
        self.text, self._named, self._retriever = text, text if named is None else named, retriever
        self._weights = {word: retriever.weight(word) for word in _telling(text)}
        # The terms that stand for a word: its stems, or both halves of a compound.
        self._forms = {word: _forms(retriever, word) for word in self._weights}

    def covered(self, text: str, lang: str) -> float:
        """Share of the weight of the question's words that occur in a text, in whatever form."""
        there = self._retriever.terms(text, lang)
        total = sum(self._weights.values())
        found = sum(weight for word, weight in self._weights.items() if self._stands(word, there))
        return found / total if total else 0.0

    def names_stand(self, hit: Hit) -> bool:
        """Whether every number of the question occurs in the passage, and every name.

        German writes all nouns as names are written: there a name is what no passage has at all and no
        article or adjective stands before. So a question about somebody unknown is declined, and one with
        another noun is not.
        """
        numbers = {*_NUMBER.findall(hit.text), hit.created_at[:4]}
        if not self._numbers <= numbers:
            return False
        there = self._retriever.terms(f"{hit.text} {hit.author}", hit.lang)
        return all(self._stands(word, there) for word in self._names)

    def _stands(self, word: str, there: Collection[str]) -> bool:
        forms = self._forms.get(word) or _forms(self._retriever, word)
        return any(all(any(stem in there for stem in part) for part in form) for form in forms)

    @cached_property
    def _numbers(self) -> set[str]:
        return set(_NUMBER.findall(self._named))

    @cached_property
    def _names(self) -> list[str]:
        capital = [name for name in _NAME.findall(self._named) if name[0].isupper()]
        found = [word for name in capital for word in words(name)]
        # The first word has a capital anyway: it is a name if no passage has it.
        first = [w for w in words(self._named)[:1] if not is_common(w) and not self._retriever.knows(w)]
        found += first if self._named[:1].isupper() else []
        if is_german(self._named):
            nouns = {word.casefold() for word in _NOUN.findall(self._named)}
            return [word for word in found if word not in nouns and not self._retriever.knows(word)]
        return [word for word in found if self._retriever.is_rare(word)]


# A way to say a word: every part must be there, each in one of its stems.
_Form = tuple[tuple[str, ...], ...]


def _forms(retriever: Retriever, word: str) -> list[_Form]:
    pair = retriever.halves(word)
    whole: list[_Form] = [(stems(word),)]
    return [*whole, tuple(stems(half) for half in pair)] if pair else whole


def _telling(question: str) -> list[str]:
    found = list(dict.fromkeys(words(question)))
    return [word for word in found if not is_common(word)] or found
