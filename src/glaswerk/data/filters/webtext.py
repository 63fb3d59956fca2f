"""Rules for running text from the web: those of Gopher, C4 and FineWeb, each with a name and a threshold.

All rules judge pages; books and speeches are judged only by those that apply to any prose. Posts, threads,
captions and dialogues are not prose; `quality` has the rules for them. Nothing is removed from a text: C4's
line rules only select the lines that its page rules count.

Words are separated by white space, as in the papers. datatrove 0.10 also counts punctuation marks as words,
so its rule on words with a letter drops 57 of 300 pages of Wikipedia that this one keeps; the other families
agree on 98 % or more of these pages. A closing quotation mark ends a line here, as in C4's paper; it does
not in datatrove's FineWeb rules.

Sources: Gopher (Rae et al. 2021, arXiv:2112.11446, section A.1.1 and table A1), C4 (Raffel et al. 2020,
arXiv:1910.10683, section 2.2), FineWeb (Penedo et al. 2024, arXiv:2406.17557, section 3.6).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from glaswerk.data.filters.quality import Finding
from glaswerk.data.scripts import is_unspaced

# Function words that any longer text contains; English as in the Gopher paper.
_STOP_WORDS = {
    "en": "the be to of and that have with",
    "de": "der die das und in zu den von mit ist nicht ein eine auf für dem im sich des als",
    "es": "de la que el en y los se del las un por con una para es",
    "fr": "de la le et les des en un du une que est pour dans qui par",
    "it": "di e il la che in un del per è una con non della le i",
    "nl": "de van het een en in is dat op te voor met zijn die niet aan",
    "pl": "w i na z się do nie to jest że o od po za jak przez",
    "pt": "de a o que e do da em um para com não uma os no se",
}
STOP_WORDS = {lang: frozenset(words.split()) for lang, words in _STOP_WORDS.items()}
# Languages written without spaces between words, where rules that count words are meaningless.
UNSPACED = frozenset(("zh", "ja", "th", "lo", "km", "my", "bo", "yue", "wuu"))
_PUNCTUATION_ONLY = re.compile(r"[\W_]+")
_LETTER = re.compile(r"[^\W\d_]")
_PARAGRAPH = re.compile(r"\n{2,}")
_LINE = re.compile(r"\n+")
_ELLIPSIS = ("...", "…")
_CITATION = re.compile(r"\[\d*\]|\[edit\]|\[citation needed\]")
_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")
# C4's full stop, question mark, exclamation mark and closing quotation mark, also those of other scripts.
_QUOTES = "\"'”“’‘»«"
_STOPS = ".?!。！？؟।۔։።"
_C4_ENDS = tuple(_STOPS + _QUOTES)
# FineWeb counts any mark that can end a sentence or a clause.
_LINE_ENDS = tuple(_STOPS + _QUOTES + "…")
# A stop, closing marks, then the end of the line or a space before a character that can begin a sentence.
_SENTENCE = re.compile(rf"[{_STOPS}…]+[{_QUOTES})\]]*(?=\s*$|\s+[^\sa-zß-öø-ÿ])|[{_QUOTES}]\s*$")


@dataclass(frozen=True)
class GopherConfig:
    """Gopher's thresholds: `words_*` and `stop_words_min` count words, `word_length_*` are mean lengths in
    characters, the rest are shares from 0 to 1.

    `top_ngrams` and `repeated_ngrams`: (number of words, largest share of the text's characters).
    """

    words_min: int = 50
    words_max: int = 100_000
    word_length_min: float = 3.0
    word_length_max: float = 10.0
    symbols_max: float = 0.1
    bullets_max: float = 0.9
    ellipsis_lines_max: float = 0.3
    letters_min: float = 0.8
    stop_words_min: int = 2
    repeated_lines_max: float = 0.3
    repeated_line_characters_max: float = 0.2
    top_ngrams: tuple[tuple[int, float], ...] = ((2, 0.20), (3, 0.18), (4, 0.16))
    repeated_ngrams: tuple[tuple[int, float], ...] = (
        (5, 0.15),
        (6, 0.14),
        (7, 0.13),
        (8, 0.12),
        (9, 0.11),
        (10, 0.10),
    )


@dataclass(frozen=True)
class C4Config:
    """C4's thresholds: fewest words in a line, longest word in characters, fewest sentences in a page."""

    line_words_min: int = 3
    word_length_max: int = 1000
    sentences_min: int = 5


@dataclass(frozen=True)
class FineWebConfig:
    """FineWeb's thresholds. `short_line` is the longest length of a short line in characters, `new_lines_max`
    is line breaks per word, the rest are shares from 0 to 1."""

    punctuated_lines_min: float = 0.12
    short_line: int = 30
    short_lines_max: float = 0.67
    repeated_line_characters_max: float = 0.01
    new_lines_max: float = 0.3


RULE_FAMILIES = ("gopher", "c4", "fineweb")


@dataclass(frozen=True)
class WebConfig:
    """The families of rules that apply (none by default), and the thresholds of each."""

    families: tuple[str, ...] = ()
    gopher: GopherConfig = GopherConfig()
    c4: C4Config = C4Config()
    fineweb: FineWebConfig = FineWebConfig()


def check_web(text: str, kind: str, lang: str, config: WebConfig) -> Iterator[Finding]:
    """A finding for every rule that rejects a page, book or speech; other kinds always pass.

    `lang` is an ISO 639 code. Stop words are counted only for the languages in STOP_WORDS. Texts in languages
    of UNSPACED, or mostly in their scripts, pass. Books have no maximum length, speeches no minimum or
    maximum; in both, repeated lines count only by their characters. A text without words passes, since
    `quality.check` drops it.
    """
    if not config.families or kind not in ("page", "book", "speech"):
        return
    if lang in UNSPACED or is_unspaced(text):
        return
    words = text.split()
    if not words:
        return
    if "gopher" in config.families:
        yield from _gopher(text, words, kind, lang, config.gopher)
    if kind == "page" and "c4" in config.families:
        yield from _c4(text, config.c4)
    if kind == "page" and "fineweb" in config.families:
        yield from _fineweb(text, words, config.fineweb)


def _gopher(text: str, words: Sequence[str], kind: str, lang: str, config: GopherConfig) -> Iterator[Finding]:
    yield from _gopher_words(words, kind, config)
    yield from _gopher_symbols(text, words, config)
    yield from _gopher_language(words, lang, config)
    yield from _gopher_lines(text, kind, config)
    yield from _gopher_ngrams(text, words, config)


def _gopher_words(words: Sequence[str], kind: str, config: GopherConfig) -> Iterator[Finding]:
    marks = [word for word in words if not word.isalnum() and _PUNCTUATION_ONLY.fullmatch(word)]
    count = len(words) - len(marks)
    if (kind != "speech" and count < config.words_min) or (kind == "page" and count > config.words_max):
        yield Finding("gopher-words", float(count))
    length = (sum(map(len, words)) - sum(map(len, marks))) / count if count else 0.0
    if not config.word_length_min <= length <= config.word_length_max:
        yield Finding("gopher-word-length", length)


def _gopher_symbols(text: str, words: Sequence[str], config: GopherConfig) -> Iterator[Finding]:
    symbols = max(text.count("#"), text.count("...") + text.count("…")) / len(words)
    if symbols > config.symbols_max:
        yield Finding("gopher-symbols", symbols)
    lines = text.splitlines()
    bullets = sum(line.lstrip().startswith(("•", "-")) for line in lines) / len(lines)
    if bullets > config.bullets_max:
        yield Finding("gopher-bullets", bullets)
    cut = sum(line.rstrip().endswith(_ELLIPSIS) for line in lines) / len(lines)
    if cut > config.ellipsis_lines_max:
        yield Finding("gopher-ellipsis", cut)


def _gopher_language(words: Sequence[str], lang: str, config: GopherConfig) -> Iterator[Finding]:
    bare = sum(1 for word in words if not word.isalpha() and not _LETTER.search(word))
    share = 1 - bare / len(words)
    if share < config.letters_min:
        yield Finding("gopher-letters", share)
    if lang not in STOP_WORDS:
        return
    found = len(STOP_WORDS[lang].intersection(words))
    if found < config.stop_words_min:
        # "The" at the start of a sentence is the same word; most texts never need this second count.
        found = len(STOP_WORDS[lang].intersection(map(str.lower, words)))
    if found < config.stop_words_min:
        yield Finding("gopher-stop-words", float(found))


def _gopher_lines(text: str, kind: str, config: GopherConfig) -> Iterator[Finding]:
    for parts in (_PARAGRAPH.split(text.strip()), _LINE.split(text)):
        number, characters = _repeated(parts)
        # Of 96 classic books, four plays and poems repeat names and numerals in a third of their lines.
        if kind == "page" and number / len(parts) > config.repeated_lines_max:
            yield Finding("gopher-repeated-lines", number / len(parts))
        if characters / len(text) > config.repeated_line_characters_max:
            yield Finding("gopher-repeated-lines", characters / len(text))


def _repeated(parts: Sequence[str]) -> tuple[int, int]:
    """The number of parts that occurred before, and their characters."""
    if len(set(parts)) == len(parts):
        return 0, 0
    counts = Counter(parts)
    return len(parts) - len(counts), sum(len(part) * (count - 1) for part, count in counts.items())


def _gopher_ngrams(text: str, words: Sequence[str], config: GopherConfig) -> Iterator[Finding]:
    if len(words) < config.words_min:
        # Only speeches can be this short here; pages and books have been rejected.
        return
    for size, limit in config.top_ngrams:
        share = _top_characters(words, size) / len(text)
        if share > limit:
            yield Finding("gopher-repetition", share)
    if not config.repeated_ngrams:
        return
    # Every word in a repeated long sequence is also in a repeated short one. So the characters that the
    # shortest sequences cover bound all longer ones, and few documents need more than this bound.
    bound = _covered(words, min(size for size, _ in config.repeated_ngrams)) / len(text)
    for size, limit in config.repeated_ngrams:
        if bound > limit and (share := _repeated_characters(words, size) / len(text)) > limit:
            yield Finding("gopher-repetition", share)


def _ngrams(words: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    return zip(*(islice(words, start, None) for start in range(size)), strict=False)


def _top_characters(words: Sequence[str], size: int) -> int:
    """Characters of the most frequent sequence, with the spaces inside it, times its occurrences.

    0 if none occurs twice: in a short speech any four words are a large share of the text.
    """
    counts = Counter(_ngrams(words, size))
    ngram = max(counts, key=counts.__getitem__, default=())
    return (sum(map(len, ngram)) + size - 1) * counts[ngram] if counts[ngram] > 1 else 0


def _covered(words: Sequence[str], size: int) -> int:
    """Characters of all words inside sequences that occurred before."""
    ngrams = list(_ngrams(words, size))
    if len(set(ngrams)) == len(ngrams):
        return 0
    seen: set[tuple[str, ...]] = set()
    covered, end = 0, 0
    for start, ngram in enumerate(ngrams):
        if ngram in seen:
            covered += sum(map(len, words[max(start, end) : start + size]))
            end = start + size
        else:
            seen.add(ngram)
    return covered


def _repeated_characters(words: Sequence[str], size: int) -> int:
    """Characters in sequences that occurred before, left to right without overlap (Gopher, table A1)."""
    seen: set[tuple[str, ...]] = set()
    ngrams = list(_ngrams(words, size))
    repeated, start = 0, 0
    while start < len(ngrams):
        if ngrams[start] in seen:
            repeated += sum(map(len, ngrams[start]))
            start += size
        else:
            seen.add(ngrams[start])
            start += 1
    return repeated


def _c4(text: str, config: C4Config) -> Iterator[Finding]:
    """C4's page rules, applied to the lines that its line rules select; no line is removed from the text."""
    sentences = 0
    for line in _c4_lines(text, config):
        if "{" in line:
            yield Finding("c4-curly-bracket", 1.0)
        if "lorem ipsum" in line.lower():
            yield Finding("c4-lorem-ipsum", 1.0)
        if sentences < config.sentences_min:
            sentences += max(1, len(_SENTENCE.findall(line)))
    if sentences < config.sentences_min:
        yield Finding("c4-sentences", float(sentences))


def _c4_lines(text: str, config: C4Config) -> Iterator[str]:
    for raw in text.splitlines():
        line = raw.strip()
        if "[" in line:
            line = _CITATION.sub("", line)
        if not line.endswith(_C4_ENDS) or line.endswith("..."):
            continue
        words = line.split()
        if len(words) < config.line_words_min:
            continue
        if len(line) > config.word_length_max and max(map(len, words)) > config.word_length_max:
            continue
        lower = line.lower()
        if "javascript" in lower or any(phrase in lower for phrase in _POLICY):
            continue
        yield line


def _fineweb(text: str, words: Sequence[str], config: FineWebConfig) -> Iterator[Finding]:
    lines = [line for raw in text.split("\n") if (line := raw.strip())]
    punctuated = sum(line.endswith(_LINE_ENDS) for line in lines) / len(lines)
    if punctuated < config.punctuated_lines_min:
        yield Finding("fineweb-punctuation", punctuated)
    short = sum(len(line) <= config.short_line for line in lines) / len(lines)
    if short > config.short_lines_max:
        yield Finding("fineweb-short-lines", short)
    repeated = _repeated(lines)[1] / sum(map(len, lines))
    if repeated > config.repeated_line_characters_max:
        yield Finding("fineweb-repeated-lines", repeated)
    new_lines = text.count("\n") / len(words)
    if new_lines > config.new_lines_max:
        yield Finding("fineweb-new-lines", new_lines)
