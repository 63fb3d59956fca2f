"""The keys `accounts` and `prices` of the table [serve] of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

_HINT = "fix that line in lab.toml, or delete it: every setting has a default"


@dataclass(frozen=True, slots=True)
class Price:
    """Micro-units of a currency for a token of each kind: 600 is 0.0006 a token, 600 for a million."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0

    def of(self, prompt: int, cached: int, completion: int) -> int:
        """The price of so many tokens; `cached` of the prompt's tokens were not computed again."""
        return (prompt - cached) * self.prompt + cached * self.cached + completion * self.completion


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """`accounts`: a URL of Postgres, else the lab's accounts.db. `prices`: by model; "*" is any other."""

    accounts: str = ""
    prices: Mapping[str, Price] = field(default_factory=dict)

    @classmethod
    def of(cls, lab: Lab) -> AccountSettings:
        """The settings of a lab. Raises GlaswerkError for a value of the wrong type."""
        table = lab.settings.get("serve", {})
        if not isinstance(table, Mapping):
            raise GlaswerkError(
                f"expected [serve] of lab.toml to be a table, found {table!r:.80}", hint=_HINT
            )
        return cls(_url(table.get("accounts", "")), _prices(table.get("prices", {})))

    def price(self, model: str) -> Price:
        """The price of a model's tokens; nothing if none is set."""
        return self.prices.get(model) or self.prices.get("*") or Price()


def _url(found: Any) -> str:
    if isinstance(found, str) and (not found or found.startswith(("postgresql://", "postgres://"))):
        return found
    # Not the value: it may have a password.
    raise GlaswerkError(
        "expected [serve] accounts of lab.toml to be a URL that begins with postgresql://, found another",
        hint=_HINT,
    )


def _prices(found: Any) -> dict[str, Price]:
    if not isinstance(found, Mapping):
        raise _wrong_price(found)
    return {model: _price(one) for model, one in found.items()}


def _price(found: Any) -> Price:
    if not isinstance(found, Mapping) or found.keys() - {"prompt", "cached", "completion"}:
        raise _wrong_price(found)
    if not all(type(value) is int and 0 <= value <= 10**9 for value in found.values()):
        raise _wrong_price(found)
    # Without a price of its own, a cached token costs what any token of the prompt does.
    return Price(**{"cached": found.get("prompt", 0), **found})


def _wrong_price(found: Any) -> GlaswerkError:
    return GlaswerkError(
        "expected prices such as chat = { prompt = 150, cached = 75, completion = 600 } in [serve.prices] of "
        f"lab.toml, in whole micro-units a token, found {found!r:.80}",
        hint=_HINT,
    )
