"""The table [serve.ground] of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

_HINT = "fix that line in lab.toml, or delete it: every setting has a default"


@dataclass(frozen=True, slots=True)
class GroundSettings:
    """`on`: chat answers rest on documents unless a request says otherwise. `corpus`: whose documents.

    `strict`: a sentence of the model that no passage bears out is left out, not shown with a warning.
    `private`: private documents are quoted, too, on a server that only this machine reaches.
    """

    on: bool = False
    corpus: str = "main"
    strict: bool = True
    private: bool = False

    @classmethod
    def of(cls, lab: Lab) -> GroundSettings:
        """The settings of a lab. Raises GlaswerkError for a value of the wrong type or an unknown name."""
        table = lab.settings.get("serve", {})
        found: Any = table.get("ground", {}) if isinstance(table, Mapping) else {}
        known = {field.name: type(getattr(cls(), field.name)) for field in fields(cls)}
        if not isinstance(found, Mapping) or found.keys() - known.keys():
            raise _wrong("", f"a table with {', '.join(known)}", found)
        for name, value in found.items():
            if type(value) is not known[name]:
                raise _wrong(f".{name}", "a text" if known[name] is str else "true or false", value)
        return cls(**found)


def _wrong(where: str, expected: str, found: Any) -> GlaswerkError:
    message = f"expected [serve.ground]{where} of lab.toml to be {expected}, found {found!r:.80}"
    return GlaswerkError(message, hint=_HINT)
