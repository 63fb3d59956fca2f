"""Span tables of replaced shards: which documents a model was trained on, without any of their text.

A model's training documents must stay known after its shards are replaced, to answer which models saw a
deleted document.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from glaswerk.core.artifact_files import SHARDS_INDEX, spans_file
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.departures import departed_shards

_PREFIX = "spans-"


def keep_spans(lab: Lab, shards: Artifact) -> None:
    """Copy the span tables of shards that are about to be replaced, if a model was trained on them.

    The copies are in `runs/spans-<id>/`. Copies that no model needs any more are deleted; models that left
    the lab as a release or an export need theirs.
    """
    ids = {model.inputs.get("shards", "") for model in lab.all("model")} | departed_shards(lab)
    needed = {_folder(lab, identifier) for identifier in ids}
    for old in (lab.root / "runs").glob(f"{_PREFIX}*"):
        if old not in needed:
            shutil.rmtree(old)
    for left in (lab.root / "runs").glob(f".{_PREFIX}*.part"):
        shutil.rmtree(left)
    final = _folder(lab, shards.id)
    if final in needed and not final.exists():
        staging = final.with_name(f".{final.name}.part")
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        for file in [shards.path / SHARDS_INDEX, *shards.path.glob(spans_file("*"))]:
            shutil.copyfile(file, staging / file.name)
        os.rename(staging, final)


def spans_folder(lab: Lab, identifier: str) -> Path | None:
    """The folder of the shards with this id, or of their retained span tables; None if neither exists."""
    for shards in lab.all("shards"):
        if shards.id == identifier:
            return shards.path
    kept = _folder(lab, identifier)
    return kept if kept.exists() else None


def _folder(lab: Lab, identifier: str) -> Path:
    return lab.run_path(identifier, _PREFIX)
