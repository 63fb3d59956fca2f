"""Terms of a text: words as they are compared, by their stems; halves of compounds beside them."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain

import Stemmer

_WORD = re.compile(r"\w+(?:['’]\w+)*")
# Scripts without spaces: pairs of neighbouring letters stand for words.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_CUT = re.compile(f"({_UNSPACED.pattern})")
_LANGUAGES = {"de": "german", "en": "english"}
_JOINTS = ("", "s", "es", "n", "en", "er", "e")
# Letters of either half of a compound.
_HALF = 3
# Letters of a word that may be a compound.
_LONGEST = 60
_STEMMING = threading.Lock()
# Words that say nothing of what is asked; they are searched only where there is nothing else.
_ENGLISH = """
a an and are as at be but by can did do does for from had has have how i in is it its me my of on or our
she he that the their them they this to was we were what when where which who whom whose why will with
you your about into tell explain describe name list give summarise summarize show find please
"""
_GERMAN = """
aber alle als am an auch auf aus bei bin bis bist da dann das dass dein dem den der des die dir doch du
ein eine einem einen einer eines er es euch für gab gibt hat hatte haben ich ihm ihn ihr im in ist ja
kann man mein mich mir mit nach nicht noch nun nur ob oder sein sich sie sind so über um und uns unser
vom von vor wann war waren warum was weil wem wen wer werden wessen wie wieso wir wird wo woher wohin zu
zum zur erzähl erzähle nenne nenn erkläre erklär beschreibe liste zeig zeige bitte
"""
_EN, _DE = frozenset(_ENGLISH.split()), frozenset(_GERMAN.split())
_COMMON = _EN | _DE


def words(text: str) -> list[str]:
    """Words in small letters, composed; of scripts without spaces, pairs of letters."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    found = _WORD.findall(plain.casefold().replace("’", "'"))
    return [part for word in found for part in _parts(word)] if _UNSPACED.search(plain) else found


def is_common(word: str) -> bool:
    """Whether a word says nothing of what is asked."""
    return word in _COMMON


def is_german(text: str) -> bool:
    """Whether a short text has more of German's common words than of English's."""
    found = words(text)
    return sum(word in _DE for word in found) > sum(word in _EN for word in found)


@lru_cache(1 << 18)
def stems(word: str, language: str = "") -> tuple[str, ...]:
    """What a word is compared by: its stem in its language; if that is unknown, in each that we know."""
    kinds = [_LANGUAGES[language]] if language in _LANGUAGES else list(_LANGUAGES.values())
    return tuple(dict.fromkeys(_stem(word, kind) for kind in kinds))


def halves(word: str, known: Callable[[str], bool]) -> tuple[str, str] | None:
    """A compound's two halves, both known words by themselves ("brückenbau": "brücke", "bau"); None if none.

    Of several ways to divide it, the one with the longest second half: it is the head in German.
    """
    if len(word) > _LONGEST:
        return None
    for at in range(_HALF, len(word) - _HALF + 1):
        second = word[at:]
        if not known(second):
            continue
        for joint in _JOINTS:
            first = word[: at - len(joint)]
            if word[:at].endswith(joint) and len(first) >= _HALF and known(first):
                return first, second
    return None


class Terms:
    """The terms of words: stems, and those of German compounds' halves, where both are `known`."""

    def __init__(self, known: Callable[[str], bool]) -> None:
        self._known = known
        self._found: dict[str, _OfWords] = {}

    def of(self, found: Iterable[str], language: str) -> Iterator[str]:
        """The terms of each word in a text of this language, in order."""
        known = self._found.setdefault(language, _OfWords(language, self._known))
        return chain.from_iterable(map(known.__getitem__, found))


class _OfWords(dict[str, tuple[str, ...]]):
    """The terms of each word of a language, made when they are first asked for."""

    def __init__(self, language: str, known: Callable[[str], bool]) -> None:
        super().__init__()
        self._language, self._known = language, known

    def __missing__(self, word: str) -> tuple[str, ...]:
        self[word] = found = (*stems(word, self._language), *self._halves(word))
        return found

    def _halves(self, word: str) -> Iterator[str]:
        if self._language == "de" and len(word) >= 2 * _HALF and (pair := halves(word, self._known)):
            for half in pair:
                yield from stems(half, self._language)


def _parts(word: str) -> list[str]:
    found: list[str] = []
    for piece in _CUT.split(word):
        if len(piece) > 1 and _UNSPACED.fullmatch(piece):
            found += [piece[i : i + 2] for i in range(len(piece) - 1)]
        elif piece:
            found.append(piece)
    return found


def _stem(word: str, language: str) -> str:
    # A stemmer is of one thread.
    with _STEMMING:
        return str(_stemmer(language).stemWord(word.removesuffix("'s")))


@lru_cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(language)
