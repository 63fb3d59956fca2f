"""The table [serve.tools] of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

OWN_TOOLS = ("search", "tables", "calculator")
_HINT = "fix that line in lab.toml, or delete it: every setting has a default"


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """`own`: which of Glaswerk's tools a request may name. `rounds`: how often one answer may call and read
    on. `calls`: most calls of one answer. `seconds`: of one call of an MCP server.
    """

    own: tuple[str, ...] = OWN_TOOLS
    rounds: int = 5
    calls: int = 16
    seconds: float = 30.0

    @classmethod
    def of(cls, lab: Lab) -> ToolSettings:
        """The settings of a lab. Raises GlaswerkError for a value of the wrong type or an unknown name."""
        serve = lab.settings.get("serve", {})
        found: Any = serve.get("tools", {}) if isinstance(serve, Mapping) else {}
        known = ("own", "rounds", "calls", "seconds")
        if not isinstance(found, Mapping) or found.keys() - set(known):
            raise _wrong("", f"a table with {', '.join(known)}", found)
        own = found.get("own", list(OWN_TOOLS))
        if not isinstance(own, list) or any(name not in OWN_TOOLS for name in own):
            raise _wrong(".own", f"a list of {', '.join(OWN_TOOLS)}", own)
        rounds, calls = _number(found, "rounds", 5, 20), _number(found, "calls", 16, 100)
        return cls(tuple(own), int(rounds), int(calls), _number(found, "seconds", 30, 600))


def _number(found: Mapping[str, Any], name: str, default: float, most: int) -> float:
    value = found.get(name, default)
    whole = name == "seconds" or isinstance(value, int)
    if not isinstance(value, int | float) or isinstance(value, bool) or not whole or not 1 <= value <= most:
        raise _wrong(f".{name}", f"a number from 1 to {most}", value)
    return float(value)


def _wrong(where: str, expected: str, found: Any) -> GlaswerkError:
    message = f"expected [serve.tools]{where} of lab.toml to be {expected}, found {found!r:.80}"
    return GlaswerkError(message, hint=_HINT)
