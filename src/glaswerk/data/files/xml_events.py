"""XML as untrusted input: a stream of events in bounded memory; nothing is expanded or fetched.

Expat reads the bytes. Entities that a file declares are refused, because a few lines of them expand to
gigabytes ("billion laughs") or name other files; external parts are never opened. Prefixes are cut off names
instead of being resolved, so that a file with undeclared ones, which some programs write, is still read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from xml.parsers import expat

from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limits import XML_DEPTH, XML_TOKEN_BYTES

_PIECE = 1 << 16
# (name, attributes) of a start, (name, None) of an end, ("", text) of characters.
Event = tuple[str, dict[str, str] | str | None]


class BrokenXml(ValueError):
    """XML that is not well formed or ends early. The events before the fault were given."""


class Readable(Protocol):
    """Anything that is read in pieces."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""


def xml_events(stream: Readable) -> Iterator[Event]:
    """The events of an XML file: starts, ends and text, with names and attributes without prefix.

    Raises LeftOut for declared entities and for elements nested deeper than XML_DEPTH, and BrokenXml for a
    fault, after the events before it.
    """
    watched = _Watched()
    try:
        while piece := stream.read(_PIECE):
            watched.feed(piece)
            yield from watched.taken()
        watched.feed(b"")
    except LeftOut:
        yield from watched.taken()
        raise
    except (expat.ExpatError, ValueError, LookupError) as error:
        yield from watched.taken()
        raise BrokenXml(str(error)) from error
    yield from watched.taken()


class _Watched:
    """An expat parser whose events are collected, and which refuses what no content needs."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._depth = self._since = 0
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.buffer_size = _PIECE
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.EntityDeclHandler = self._entity

    def feed(self, piece: bytes) -> None:
        """Parse the next bytes; none at the end. Raises LeftOut and what expat raises."""
        self._since += len(piece)
        # Expat keeps an unfinished token, such as a comment, and starts it over with every piece.
        if self._since > XML_TOKEN_BYTES:
            raise LeftOut("bomb", f"more than {XML_TOKEN_BYTES:,} bytes of XML without an element or text")
        self._parser.Parse(piece, not piece)

    def taken(self) -> list[Event]:
        """The events since the last call."""
        events, self._events = self._events, []
        return events

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._since = 0
        if self._depth > XML_DEPTH:
            raise LeftOut("nested_too_deep", f"nested deeper than {XML_DEPTH:,}")
        self._events.append((_bare(name), {_bare(key): value for key, value in attributes.items()}))

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._since = 0
        self._events.append((_bare(name), None))

    def _text(self, text: str) -> None:
        self._since = 0
        self._events.append(("", text))

    def _entity(self, *_: object) -> None:
        raise LeftOut("declared_entities")


def _bare(name: str) -> str:
    return name.rpartition(":")[2]
