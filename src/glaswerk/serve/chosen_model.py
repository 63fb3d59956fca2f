"""Which model of a lab is served. Imports no torch: the command line asks before anything is loaded."""

from __future__ import annotations

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


def choose_model(lab: Lab, name: str = "") -> Artifact:
    """The artifact of the model `name` ("chat", "base/step-100"), or of the default model: the newest one
    named chat, else base, else of any name.

    Raises GlaswerkError if the lab has no such model.
    """
    every = lab.all("model")
    own = (found for usual in ("chat", "base") if (found := lab.latest("model", usual)))
    found = lab.latest("model", name) if name else next(own, every[-1] if every else None)
    if found is not None:
        return found
    there = ", ".join(a.name for a in every) or "none"
    wanted = f"model named {name!r}" if name else "trained model"
    raise GlaswerkError(f"the lab has no {wanted}; its models are: {there}", hint="glaswerk train")
