"""Which model of a lab is served. Imports no torch: the command line asks before anything is loaded."""

from __future__ import annotations

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


def choose_model(lab: Lab, name: str = "") -> Artifact:
    """The artifact of the model `name` ("chat", "base/step-100"), or of the default model.

    Raises GlaswerkError if the lab has no such model.
    """
    found = lab.latest("model", name) if name else lab.latest("model", "chat") or lab.latest("model", "base")
    if found is not None:
        return found
    there = ", ".join(a.name for a in lab.all("model")) or "none"
    wanted = f"model named {name!r}" if name else "trained model"
    raise GlaswerkError(f"the lab has no {wanted}; its models are: {there}", hint="glaswerk train")
