"""The keys `engine` and `weights` of the table [serve] of lab.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """`engine`: "auto", "torch" or "openvino"; `weights` of OpenVINO: "f32", "int8" or "int4".

    `infer/engines/choice.py` says what they mean and checks them.
    """

    engine: str = "auto"
    weights: str = "f32"

    @classmethod
    def of(cls, lab: Lab) -> EngineSettings:
        """The settings of a lab. Raises GlaswerkError for a value that is no text."""
        table = lab.settings.get("serve", {})
        found = table if isinstance(table, Mapping) else {}
        values = {name: found[name] for name in ("engine", "weights") if name in found}
        for name, value in values.items():
            if not isinstance(value, str):
                raise GlaswerkError(
                    f"expected [serve] {name} of lab.toml to be a text, found {value!r:.80}",
                    hint="fix that line in lab.toml, or delete it: every setting has a default",
                )
        return cls(**values)
