"""The parts of an answer in their order: thoughts, text and calls, as they grow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["thoughts", "text", "call", "tool"]
# Of a call that this server makes itself; "pending": a person must agree to it first.
ToolStatus = Literal["running", "completed", "failed", "pending"]


@dataclass(frozen=True, slots=True)
class Citation:
    """A quote in a part's text, from `start` up to `end`, and the document that it is of.

    `quote`: the words that the document has from the character `first` up to `last`; `number`: of the quote
    in its answer; `title`: author and date.
    """

    start: int
    end: int
    document: str
    title: str
    url: str = ""
    quote: str = ""
    first: int = 0
    last: int = 0
    number: int = 0


@dataclass(slots=True)
class Part:
    """One part. text: its words, or the arguments of a call as JSON; id and name: of a call alone.

    `cited`: what a text quotes; it grows with the text.
    """

    kind: Kind
    text: str = ""
    id: str = ""
    name: str = ""
    cited: list[Citation] = field(default_factory=list)

    def arguments(self) -> dict[str, Any]:
        """The arguments of a call; none if it was cut off."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(slots=True)
class ToolPart(Part):
    """A call that this server makes itself, of the kind "tool", and what came of it. name: at its server.

    approval: the id under which a person agreed to it, or may. called: what the model calls the tool.
    """

    server: str = ""
    status: ToolStatus = "running"
    output: str = ""
    left_out: int = 0
    approval: str = ""
    called: str = ""

    def to_json(self) -> dict[str, Any]:
        """As the field `glaswerk` of a chat completion shows it."""
        shown: dict[str, Any] = {"id": self.id, "server": self.server, "name": self.name}
        shown |= {"arguments": self.text, "status": self.status}
        if self.status in ("completed", "failed"):
            shown |= {"output": self.output, "left_out": self.left_out}
        return shown | ({"approval": self.approval} if self.approval else {})


class Parts:
    """Puts deltas of a choice together: a part ends where another one begins."""

    def __init__(self) -> None:
        self.found: list[Part] = []

    def feed(self, delta: Mapping[str, Any]) -> tuple[Part, str]:
        """The part that a delta is of, which is new if it is the first one, and what it adds."""
        if "tool_calls" in delta:
            (call,) = delta["tool_calls"]
            function = call["function"]
            begins = "id" in call
            part = self._part("call", begins, call.get("id", ""), function.get("name", ""))
            added = function["arguments"]
        else:
            kind: Kind = "text" if "content" in delta else "thoughts"
            added = delta["content"] if kind == "text" else delta["reasoning_content"]
            part = self._part(kind, not self.found or self.found[-1].kind != kind)
        part.text += added
        return part, added

    def _part(self, kind: Kind, begins: bool, name: str = "", function: str = "") -> Part:
        if begins:
            self.found.append(Part(kind, "", name, function))
        return self.found[-1]
