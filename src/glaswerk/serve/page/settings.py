"""The key `feedback` of [serve] of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


def feedback_on(lab: Lab) -> bool:
    """Whether ratings of answers are kept: unless the operator says no. Raises GlaswerkError if unclear."""
    table = lab.settings.get("serve", {})
    found = table.get("feedback", True) if isinstance(table, Mapping) else True
    if not isinstance(found, bool):
        raise GlaswerkError(
            f"expected feedback under [serve] in lab.toml to be true or false, found {found!r:.80}",
            hint="fix that line in lab.toml, or delete it: every setting has a default",
        )
    return found
