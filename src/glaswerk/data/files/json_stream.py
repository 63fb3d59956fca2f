"""JSON read value by value from a stream, in memory for one value: neither depth nor length costs more.

Each value is parsed by Python's `json` once enough of it is read. Parsers by events keep a path for every
level, so that 20,000 nested lists took 1.1 GB, and 200,000 took 19 GB.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

_PIECE = 1 << 16
_BLANKS = " \t\r\n"
_BLANK = re.compile(rf"[{_BLANKS}]*")
_DECODER = json.JSONDecoder()
# An error closer to the end of what was read may be only the end of what was read: `tru`, `\u00e`.
_MARGIN = 16


class BrokenJson(ValueError):
    """What is not JSON, in the words of the parser."""


class TooLarge(ValueError):
    """A value that is longer than the limit."""


class TooDeep(ValueError):
    """A value that is nested deeper than Python parses: about 1,000 levels."""


class ByteStream(Protocol):
    """What is read: bytes in UTF-8."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; none at the end."""


class JsonStream:
    """A stream of UTF-8 from which JSON is taken value by value, each of at most `limit` bytes."""

    def __init__(self, stream: ByteStream, limit: int) -> None:
        self._stream, self._limit = stream, limit
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text, self._at, self._ended = "", 0, False

    def listed(self, place: str = "item") -> Iterator[Any]:
        """Each value at a place: keys, and `item` for the values of a list ("chats.item.messages.item").

        A part may name several keys: "chats|left_chats.item".

        Nothing if the place is not there. Raises BrokenJson, TooLarge, TooDeep and UnicodeDecodeError, after
        the values before the fault.
        """
        yield from self._at_place(place.split("."))
        if self._next():
            raise BrokenJson(f"expected the end, found {self._text[self._at : self._at + 20]!r}")

    def _at_place(self, parts: Sequence[str]) -> Iterator[Any]:
        if not parts:
            yield self.value()
        elif parts[0] == "item" and self._next() == "[":
            self._at += 1
            for _ in self._separated("]"):
                yield from self._at_place(parts[1:])
        elif parts[0] != "item" and self._next() == "{":
            self._at += 1
            for _ in self._separated("}"):
                name = self.value()
                self._take(":")
                yield from self._at_place(parts[1:]) if name in parts[0].split("|") else self._skipped()
        else:
            self.value()

    def _skipped(self) -> Iterator[Any]:
        self.value()
        return iter(())

    def value(self) -> Any:
        """The next value, whole."""
        self._next()
        while True:
            try:
                found, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as error:
                if not self._may_go_on(error):
                    raise BrokenJson(error.msg) from error
            except RecursionError as error:
                raise TooDeep("nested too deep") from error
            else:
                # A number at the end of what was read may have more digits.
                if end < len(self._text) or self._ended or isinstance(found, list | dict | str):
                    self._at = end
                    return found
            self._more()

    def _separated(self, close: str) -> Iterator[None]:
        """Once for each of the parts between here and `close`, which are separated by commas."""
        if self._next() == close:
            self._at += 1
            return
        while True:
            yield
            if self._next() == close:
                self._at += 1
                return
            self._take(",")

    def _take(self, character: str) -> None:
        if self._next() != character:
            raise BrokenJson(f"expected {character!r}, found {self._next()!r}")
        self._at += 1

    def _next(self) -> str:
        """The next character that is not blank, which stays; "" at the end."""
        if self._at < len(self._text) and (found := self._text[self._at]) not in _BLANKS:
            return found
        while True:
            self._at = _BLANK.match(self._text, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._text):
                return self._text[self._at]
            if self._ended:
                return ""
            self._more()

    def _may_go_on(self, error: json.JSONDecodeError) -> bool:
        """Whether an error is no more than the end of what was read."""
        late = error.pos >= len(self._text) - _MARGIN or error.msg.startswith("Unterminated string")
        return late and not self._ended

    def _more(self) -> None:
        """Read as much again as is held, so that parsing again costs no more than twice the length."""
        self._text, self._at = self._text[self._at :], 0
        if len(self._text) > self._limit:
            raise TooLarge(f"more than {self._limit:,} bytes")
        wanted = max(_PIECE, len(self._text))
        pieces = [self._text]
        while wanted > 0 and not self._ended:
            data = self._stream.read(min(wanted, _PIECE))
            pieces.append(self._decoder.decode(data, final=not data))
            wanted -= len(data)
            self._ended = not data
        self._text = "".join(pieces)
