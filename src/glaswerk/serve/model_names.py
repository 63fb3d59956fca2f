"""The names that a server's model answers to: `[serve.aliases]` and `[serve] contract` of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve.contract.pictures import without_pictures

_HINT = "fix that line in lab.toml, or delete it: every setting has a default"
# Fields that contract tests of clients fill with values of which no model can make anything.
_DUMMIES = ("verbosity", "web_search_options", "moderation", "suffix", "best_of", "logit_bias")


@dataclass(frozen=True, slots=True)
class ModelNames:
    """`aliases`: other names of models, such as "gpt-4o-mini" for "chat".

    contract: for contract tests of clients. Any name is the served model, dummy values are passed over, ids
    of nothing are answered with an example (`contract/dummies.py`), and no model is deleted though it is said
    to be.
    """

    aliases: Mapping[str, str] = field(default_factory=dict)
    contract: bool = False

    @classmethod
    def of(cls, lab: Lab) -> ModelNames:
        """The settings of a lab. Raises GlaswerkError for a value of the wrong type."""
        table = lab.settings.get("serve", {})
        table = table if isinstance(table, Mapping) else {}
        aliases, contract = table.get("aliases", {}), table.get("contract", False)
        if not isinstance(aliases, Mapping) or not all(isinstance(v, str) and v for v in aliases.values()):
            raise GlaswerkError(
                'expected names such as "gpt-4o-mini" = "chat" in [serve.aliases] of lab.toml, found '
                f"{aliases!r:.80}",
                hint=_HINT,
            )
        if not isinstance(contract, bool):
            raise GlaswerkError(
                f"expected [serve] contract of lab.toml to be true or false, found {contract!r:.80}",
                hint=_HINT,
            )
        return cls(aliases, contract)

    def meant(self, name: str) -> str:
        """The model that a name stands for."""
        return self.aliases.get(name, name)

    def fields(self, body: dict[str, Any]) -> dict[str, Any]:
        """The fields of a request; in contract mode without those that only a dummy has."""
        if not self.contract:
            return body
        found = {key: value for key, value in without_pictures(body).items() if key not in _DUMMIES}
        for name in ("max_tokens", "max_completion_tokens"):
            if found.get(name) == 0:
                found[name] = 1
        if found.get("stream") is not True:
            found.pop("stream_options", None)
        # Clients' tests fill both forms; the newer one counts.
        if found.get("tools"):
            found.pop("functions", None)
            found.pop("function_call", None)
        return found
