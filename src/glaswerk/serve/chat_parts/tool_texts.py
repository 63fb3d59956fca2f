"""Find calls of tools in the text of an answer while it is written.

A call that a grammar enforces is streamed as it comes. Any other may turn out to be no call, or no JSON: it
is held back until it is whole, and is text if it is not one of the request's tools.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Protocol

from glaswerk.serve.chat_parts.thoughts import held_back

_TAGS = (("<tool_call>", "</tool_call>"), ("[TOOL_CALLS]", ""), ("<|python_tag|>", ""))
# Of one call that is held back.
_LONGEST = 200_000
_ARGUMENTS = re.compile(r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)*")\s*,\s*"arguments"\s*:\s*')


@dataclass(slots=True)
class Call:
    """A call, or the next piece of its arguments: then `name` and `id` are ""."""

    index: int
    arguments: str
    name: str = ""
    id: str = ""


@dataclass(slots=True)
class Found:
    """What a piece of text turned out to be."""

    text: str = ""
    calls: list[Call] = field(default_factory=list)


class CallReader(Protocol):
    """Takes the text of an answer in pieces."""

    count: int

    def feed(self, text: str) -> Found:
        """The next piece."""

    def end(self) -> Found:
        """What was held back, as nothing follows."""


class EnforcedCall:
    """Reads `{"name": …, "arguments": {…}}`, which a grammar enforces, and streams the arguments."""

    def __init__(self) -> None:
        self.count = 0
        self._head, self._depth = "", 0
        self._quoted = self._escaped = self._done = False

    def feed(self, text: str) -> Found:
        """The next piece."""
        if self.count:
            return Found(calls=self._more(text))
        self._head += text
        found = _ARGUMENTS.match(self._head)
        # The first character of the arguments is needed to know that no more white space comes.
        if found is None or found.end() == len(self._head):
            return Found()
        self.count = 1
        first = Call(0, "", json.loads(found[1]), new_id())
        return Found(calls=[first, *self._more(self._head[found.end() :])])

    def end(self) -> Found:
        """Nothing is held back but the beginning of a call that was cut off."""
        return Found()

    def _more(self, text: str) -> list[Call]:
        for place, character in enumerate(text):
            if self._done:
                return [Call(0, text[:place])] if place else []
            self._step(character)
        return [Call(0, text)] if text else []

    def _step(self, character: str) -> None:
        """Follow the brackets: the arguments end where the first one closes."""
        if self._escaped:
            self._escaped = False
        elif self._quoted:
            self._escaped, self._quoted = character == "\\", character != '"'
        elif character == '"':
            self._quoted = True
        else:
            self._depth += (character in "{[") - (character in "}]")
            self._done = self._depth == 0 and character in "}]"


class FreeCalls:
    """Reads calls wherever a model writes them by itself: between tags, or JSON as the whole answer."""

    def __init__(self, names: Collection[str], *, parallel: bool = True) -> None:
        """names: of the tools; parallel: whether there may be more than one call."""
        self._names, self._most = names, 128 if parallel else 1
        self._held = self._tag = ""
        self._begun = self._called = False
        self.count = 0

    def feed(self, text: str) -> Found:
        """The next piece."""
        self._held += text
        found = Found()
        while self._step(found):
            pass
        return found

    def _step(self, found: Found) -> bool:
        """Take what is clear from the text that is held back; false if more text is needed."""
        if self._tag:
            return self._within(found)
        if self._called:
            # Line breaks after a call are the template's.
            self._held = self._held.lstrip("\n")
            self._called = not self._held
        if not self._begun:
            start = self._held.lstrip()
            if start[:1] in ("{", "["):
                # It may be JSON up to its end.
                return self._give_up(found) if len(self._held) > _LONGEST else self._opening(found, start)
            if not start:
                return False
            self._begun = True
        return self._opening(found, self._held)

    def _opening(self, found: Found, text: str) -> bool:
        """Look for a tag; text before it is clear."""
        places = [(self._held.find(tag), tag) for tag, _ in _TAGS]
        at, tag = min(((at, tag) for at, tag in places if at >= 0), default=(-1, ""))
        if tag:
            found.text += self._held[:at].rstrip() if not self._held[:at].strip() else self._held[:at]
            self._held, self._tag, self._begun = self._held[at + len(tag) :], tag, True
            return True
        if not self._begun:
            return False
        kept = max(held_back(self._held, tag) for tag, _ in _TAGS)
        found.text += self._held[: len(self._held) - kept]
        self._held = self._held[len(self._held) - kept :]
        return False

    def _within(self, found: Found) -> bool:
        closing = dict(_TAGS)[self._tag]
        inner, closed, rest = self._held.partition(closing) if closing else (self._held, "", "")
        if not closed:
            return self._give_up(found) if len(self._held) > _LONGEST else False
        calls = self._calls(inner)
        if calls is None:
            found.text += self._tag + inner + closed
        else:
            found.calls += calls
        self._held, self._tag, self._called = rest, "", calls is not None
        return True

    def _give_up(self, found: Found) -> bool:
        found.text += self._tag + self._held
        self._held, self._tag, self._begun = "", "", True
        return False

    def _calls(self, text: str) -> list[Call] | None:
        """The calls that a JSON text is; None if it is not calls of the request's tools."""
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return None
        found = [self._call(item) for item in (value if isinstance(value, list) else [value])]
        if not found or any(call is None for call in found):
            return None
        calls = [call for call in found if call is not None][: max(0, self._most - self.count)]
        for call in calls:
            call.index, self.count = self.count, self.count + 1
        return calls

    def _call(self, item: Any) -> Call | None:
        if (
            not isinstance(item, dict)
            or not isinstance(item.get("name"), str)
            or item["name"] not in self._names
        ):
            return None
        # Llama's template says "parameters".
        arguments = item.get("arguments", item.get("parameters", {}))
        if isinstance(arguments, str):
            return Call(0, arguments, item["name"], new_id()) if _is_object(arguments) else None
        if not isinstance(arguments, dict):
            return None
        return Call(0, json.dumps(arguments, ensure_ascii=False), item["name"], new_id())

    def end(self) -> Found:
        """What was held back: a call without its closing tag, JSON as the whole answer, or text."""
        held, self._held = self._held, ""
        # Without a tag, only an answer that begins as JSON may be a call.
        calls = self._calls(held) if self._tag or not self._begun else None
        if calls is not None:
            return Found(calls=calls)
        return Found(self._tag + held)


def new_id() -> str:
    """An id of a call."""
    return f"call_{secrets.token_hex(12)}"


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
