"""A tool: a name, what it takes, what it does, and whether a person must agree to each call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

# Whose own tools these are, where a tool's server is named.
OWN = "glaswerk"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call gave: text that a model may read. failed: it is the reason why there is nothing else.

    left_out: characters that were cut off.
    """

    text: str
    failed: bool = False
    left_out: int = 0


Run = Callable[[Mapping[str, Any]], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool. name: what a model calls it; own_name: what its server calls it.

    parameters: JSON Schema of its arguments. asks: a person must agree to each call. run: takes arguments
    that fit, and raises nothing: what goes wrong is an outcome.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    run: Run
    server: str = OWN
    own_name: str = ""
    asks: bool = False

    @property
    def called(self) -> str:
        """Its name at its server."""
        return self.own_name or self.name

    def function(self) -> dict[str, Any]:
        """As a function of a chat request."""
        return {"name": self.name, "description": self.description, "parameters": dict(self.parameters)}
