"""Quality rules on a single text: empty, too short, symbol-heavy, repetitive."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

_LINK = re.compile(r"https?://\S+|www\.\S+")
_MENTION = re.compile(r"(?<!\w)@\w+")
_WORD = re.compile(r"\w+")
_LETTERS = re.compile(r"[^\W_]+")
# Emoji, their joiners and variation marks: they are content in a post, not a sign of noise.
_EMOJI = re.compile(
    "[\u200d\u203c\u2049\u20e3\u2122\u2139\u2190-\u2bff\u3030\u303d\ufe0e\ufe0f\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
_ASCII = re.compile("[\x00-\x7f]+")
_CODES = [chr(code) for code in range(128)]
_SPACE = "".join(c for c in _CODES if c.isspace()).encode()
_NO_LETTERS = "".join(c for c in _CODES if not c.isalnum()).encode()
_NO_WORD = "".join(c for c in _CODES if not c.isalnum() and c != "_").encode()
_POSTS = ("post", "thread", "caption")


@dataclass(frozen=True)
class QualityConfig:
    """The thresholds of the quality rules.

    `post_letters`, `page_letters`, `book_letters`: fewest letters and digits, counted in UTF-8 bytes, since
    four kana carry as much as twelve Latin letters. `letter_share` and `distinct_words`: smallest shares;
    `repeated_lines`: largest share of characters.
    """

    post_letters: int = 8
    page_letters: int = 20
    book_letters: int = 200
    letter_share: float = 0.4
    distinct_words: float = 0.2
    repeated_lines: float = 0.6


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that rejects a text, and the figure that it compared with its threshold."""

    reason: str
    score: float


def check(text: str, kind: str, config: QualityConfig) -> Iterator[Finding]:
    """A finding for every rule that rejects the text; `kind` is the document's kind (post, page, book …)."""
    bare = (
        _MENTION.sub(" ", _LINK.sub(" ", text)) if "@" in text or "http" in text or "www." in text else text
    )
    if not bare.strip():
        yield Finding("empty", 0.0)
    # ASCII is counted separately: bytes.translate is ten times as fast as a regular expression.
    plain, rest = bare.encode("ascii", "ignore"), "" if bare.isascii() else _ASCII.sub("", bare)
    letters = _letters(plain, rest)
    if letters < _need(kind, config):
        yield Finding("too-short", float(letters))
    share = _letter_share(plain, rest)
    if share < config.letter_share:
        yield Finding("symbol-heavy", share)
    yield from _repetitive(bare, config)


def _need(kind: str, config: QualityConfig) -> int:
    if kind in _POSTS:
        return config.post_letters
    return config.book_letters if kind == "book" else config.page_letters


def _letters(plain: bytes, rest: str) -> int:
    """Letters and digits in UTF-8 bytes."""
    return len(plain.translate(None, _NO_LETTERS)) + len("".join(_LETTERS.findall(rest)).encode())


def _letter_share(plain: bytes, rest: str) -> float:
    """Share of letters, digits and combining marks among visible characters, ignoring emoji."""
    seen = _EMOJI.sub("", "".join(rest.split()))
    visible = len(plain.translate(None, _SPACE)) + len(seen)
    words = len(plain.translate(None, _NO_WORD)) + sum(map(len, _WORD.findall(seen)))
    return words / visible if visible else 1.0


def _repetitive(text: str, config: QualityConfig) -> Iterator[Finding]:
    # Long texts repeat their function words, so the share is meaningful only up to 200 words.
    words = [match[0].casefold() for match in islice(_WORD.finditer(text), 201)]
    if 10 <= len(words) <= 200:
        distinct = len(set(words)) / len(words)
        if distinct < config.distinct_words:
            yield Finding("repetitive", distinct)
    repeated = _repeated_lines([line for raw in text.splitlines() if (line := raw.strip())])
    if repeated > config.repeated_lines:
        yield Finding("repetitive", repeated)


def _repeated_lines(lines: Sequence[str]) -> float:
    """Share of the characters in repetitions of earlier lines; 0 below ten lines."""
    if len(lines) < 10:
        return 0.0
    counts = Counter(lines)
    again = sum(len(line) * (count - 1) for line, count in counts.items())
    return again / sum(map(len, lines))
