"""The text of a post as readers see it: links expanded, links of pictures removed, HTML unescaped once.

`display_text_range` is not applied: it hides the names at the start of a reply, which its author typed or
kept, and which say who is addressed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from html import unescape
from typing import Any

# ASCII only: letters of a script without spaces may follow a link.
_SHORT_LINK = re.compile(r"https?://t\.co/[A-Za-z0-9]+")
# X escapes "&", "<" and ">". Names without ";" are not escapes: "?a=1&copy=2" stays as it is.
_ESCAPED = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_INDEX = re.compile(r"[0-9]{1,9}")
# Characters that take two UTF-16 units.
_WIDE = re.compile("[\U00010000-\U0010ffff]")
_BARE = re.compile(r"[<>]|&(?!(?:amp|lt|gt);)")


def render(raw: str, links: Mapping[str, str], shown: Collection[str], entities: Iterable[Any]) -> str:
    """The readable text of `raw`, a text as X escapes it, without NUL.

    `links`: short link → the address that it expands to. `shown`: short links of pictures, which are removed
    from the end of the text. `entities`: records with `url` and `indices`, in code points or UTF-16 units of
    `raw`.
    """
    if not links and not shown:
        return unescape_once(raw).replace("\0", "").strip()
    pieces = list(_pieces(raw, _places(raw, links, shown, entities), links, shown))
    while pieces and (pieces[-1] in shown or not pieces[-1].strip()):
        pieces.pop()
    text = "".join(links.get(p, p) if p in links or p in shown else unescape_once(p) for p in pieces)
    return text.replace("\0", "").strip()


def unescape_once(text: str) -> str:
    """`text` with its HTML escapes undone once: "&amp;amp;" becomes "&amp;"."""
    return _ESCAPED.sub(lambda match: unescape(match[0]), text) if "&" in text else text


def is_escaped(text: str) -> bool:
    """Whether X may have escaped a text: it has no bare "&", "<" or ">"."""
    return _BARE.search(text) is None


def short_links(text: str) -> list[str]:
    """X's short links in a text, in order."""
    return _SHORT_LINK.findall(text)


def _pieces(
    raw: str, places: Iterable[tuple[int, int]], links: Mapping[str, str], shown: Collection[str]
) -> Iterator[str]:
    """`raw` in pieces: the known links, and the text between them."""
    done = 0
    for start, end in places:
        if start < done:
            continue
        yield from _searched(raw[done:start], links, shown)
        yield raw[start:end]
        done = end
    yield from _searched(raw[done:], links, shown)


def _searched(text: str, links: Mapping[str, str], shown: Collection[str]) -> Iterator[str]:
    done = 0
    for match in _SHORT_LINK.finditer(text):
        if match[0] in links or match[0] in shown:
            yield text[done : match.start()]
            yield match[0]
            done = match.end()
    yield text[done:]


def _places(
    raw: str, links: Mapping[str, str], shown: Collection[str], entities: Iterable[Any]
) -> list[tuple[int, int]]:
    """Positions of the entities' links in `raw`, in code points; entities with wrong indices are skipped."""
    found = set()
    # Positions in UTF-16 units where characters of two units start.
    wide = [before + match.start() for before, match in enumerate(_WIDE.finditer(raw))]
    for entity in entities:
        url, start = entity.get("url"), _start(entity.get("indices"))
        if isinstance(url, str) and (url in links or url in shown) and start is not None:
            places = (start, start - bisect_left(wide, start))
            place = next((p for p in places if raw.startswith(url, p)), None)
            if place is not None:
                found.add((place, place + len(url)))
    return sorted(found)


def _start(indices: Any) -> int | None:
    """The first index; archives write it as a string, APIs as a number."""
    first = indices[0] if isinstance(indices, list) and indices else None
    text = str(first) if isinstance(first, str | int) and not isinstance(first, bool) else ""
    return int(text) if _INDEX.fullmatch(text) else None
