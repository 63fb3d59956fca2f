"""Where sentences and passages of a text begin and end, in characters, so that a quote is the text itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

Span = tuple[int, int]
# Words of a passage, as far as whole sentences allow.
WORDS = 120
# Words after which a sentence without an end is cut.
_LONGEST = 2 * WORDS
_WORD = re.compile(r"\w+(?:['’]\w+)*")
# After a mark that ends a sentence, its closing quotes and the space; or at an empty line; or after a mark
# of a script without spaces.
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]]*\s+|\n[ \t]*\n\s*|[。！？।؟]+[」』”’）]*\s*")
# Not the end of a sentence: initials, numbers with a point in German dates, abbreviations.
_ABBREVIATION = re.compile(
    r"(?:^|[\s(„“\"'])(?:\w|\d{1,2}|[A-Z]\.\w|Abs|Art|Bd|Bsp|Dr|Frl|Fr|Gen|Hr|Inc|Jh|Jr|Ltd|Mio|Mr|Mrs|Ms|Mrd|"
    r"Nr|No|Prof|Rev|Sen|Rep|Sr|St|Str|Tel|bzw|ca|cf|co|d\.\s?h|e\.g|etc|evtl|ggf|i\.e|u\.\s?a|usw|vgl|vs|"
    r"z\.\s?B|al|approx|dept|ed|eds|fig|pp|vol)\.$"
)


def sentences(text: str) -> list[Span]:
    """(start, end) of every sentence, in order, without the space around it."""
    found: list[Span] = []
    start = 0
    for end in _ends(text):
        found += _cut(text, start, end)
        start = end
    return found


def passages(text: str, words: int = WORDS) -> list[list[Span]]:
    """Neighbouring sentences of about `words` words together; no sentence is divided between two."""
    found: list[list[Span]] = []
    count = 0
    for span in sentences(text):
        size = len(_WORD.findall(text, *span))
        # At an empty line a passage ends if it has half its size: a heading goes with what follows it.
        if (
            found
            and count + size <= words
            and not (count >= words // 2 and _parted(text, found[-1][-1], span))
        ):
            found[-1].append(span)
            count += size
        else:
            found.append([span])
            count = size
    return found


def _ends(text: str) -> Iterator[int]:
    for match in _END.finditer(text):
        mark = match[0].rstrip()
        if mark == "." and _ABBREVIATION.search(text, max(0, match.start() - 12), match.start() + 1):
            continue
        # A small letter after a full stop goes on with the sentence.
        if (
            mark.endswith((".", "…"))
            and text[match.end() : match.end() + 1].islower()
            and "\n" not in match[0]
        ):
            continue
        yield match.end()
    yield len(text)


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """The span without spaces around it; in pieces if it is too long to be shown as one."""
    # As many words have at least twice as many characters.
    long = end - start >= 2 * _LONGEST
    places = [match.start() for match in _WORD.finditer(text, start, end)] if long else []
    borders = places[_LONGEST::_LONGEST]
    for one, other in zip([start, *borders], [*borders, end], strict=True):
        piece = text[one:other]
        if piece.strip():
            first = one + len(piece) - len(piece.lstrip())
            yield first, first + len(piece.strip())


def _parted(text: str, one: Span, other: Span) -> bool:
    return text.count("\n", one[1], other[0]) > 1
