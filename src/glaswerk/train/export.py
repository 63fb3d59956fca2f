"""Finds in the lab what a model was made from: its base, its shards and their tokenizer."""

from __future__ import annotations

from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import pack_command
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import ADOPTED
from glaswerk.tokenizer.renewal import trained_id


def base_of(lab: Lab, name: str) -> Artifact:
    """The newest checkpoint of the model that a tuning starts from. Raises GlaswerkError."""
    found = lab.latest("model", name)
    if found is None:
        there = ", ".join(sorted({made.name.partition("/")[0] for made in lab.all("model")})) or "none"
        raise GlaswerkError(
            f"the lab has no model named {name!r} (models: {there})", hint="glaswerk train, or another --base"
        )
    return found


def tokenizer_of(lab: Lab, shards: Artifact) -> Path:
    """Folder of the tokenizer that packed these shards. Raises GlaswerkError if it was replaced."""
    for candidate in lab.all("tokenizer"):
        if candidate.id == shards.inputs["tokenizer"]:
            return candidate.path
    raise GlaswerkError(
        f"the tokenizer of the shards {shards.name} was replaced since they were packed",
        hint=pack_command(shards.name),
    )


def shards_of(lab: Lab, model: Artifact) -> Artifact:
    """The shards that a model was trained on; for an adopted model, the newest that its tokenizer packed.

    Raises GlaswerkError if the lab has no such shards.
    """
    if model.config.get("stage") == ADOPTED:
        return _packed_for(lab, model)
    for candidate in lab.all("shards"):
        if candidate.id == model.inputs.get("shards"):
            return candidate
    raise GlaswerkError(
        f"the shards that {model.name} was trained on are no longer in the lab", hint="glaswerk train"
    )


def packed_for(lab: Lab, model: Artifact, corpus: str) -> Artifact:
    """The shards of `corpus` that the tokenizer of `model`, adopted or trained, has packed.

    Raises GlaswerkError, with the command that packs them, if there are none.
    """
    wanted = _tokenizer_id(lab, model)
    names = [made.name for made in lab.all("tokenizer") if trained_id(lab, made.id) == wanted]
    if not names:
        raise GlaswerkError(
            f"the tokenizer of {model.name} is no longer in the lab, so no text can be packed for it",
            hint="adopt or train the model again",
        )
    found = [lab.find("shards", f"{corpus}.{name}") for name in names]
    fitting = [made for made in found if made and trained_id(lab, made.inputs["tokenizer"]) == wanted]
    if not fitting:
        raise GlaswerkError(
            f"the corpus {corpus!r} was not packed with the tokenizer of {model.name}",
            hint=pack_command(f"{corpus}.{names[-1]}"),
        )
    return fitting[-1]


def _tokenizer_id(lab: Lab, model: Artifact) -> str:
    """The id, as it was trained, of the tokenizer that a model's tokens are of."""
    if model.config.get("stage") == ADOPTED:
        return trained_id(lab, model.inputs["tokenizer"])
    query = "SELECT parent FROM edge WHERE child = ? AND role = 'tokenizer'"
    rows = lab.ledger.rows(query, model.inputs.get("shards", ""))
    return trained_id(lab, str(rows[0]["parent"])) if rows else ""


def _packed_for(lab: Lab, model: Artifact) -> Artifact:
    wanted = model.inputs["tokenizer"]
    found = [made for made in lab.all("shards") if made.inputs["tokenizer"] == wanted]
    name = next((made.name for made in lab.all("tokenizer") if made.id == wanted), "")
    if not found:
        raise GlaswerkError(
            f"no corpus was packed with the tokenizer of the adopted model {model.name}",
            hint=f"glaswerk pack --tokenizer {name}",
        )
    return found[-1]
