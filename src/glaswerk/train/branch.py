"""A decay that branches from a step of another run: its checkpoint and metrics begin the new run."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import fsync_path, write_atomic
from glaswerk.train.checkpoints import Checkpoints

_METRICS = "metrics.jsonl"


def begin_branch(trunk: Path, at: int, folder: Path) -> None:
    """Put the checkpoint of step `at` of the run in `trunk` into `folder`, unless one is there already.

    Raises GlaswerkError where the trunk has no checkpoint of that step.
    """
    if Checkpoints(folder).written():
        return
    written = Checkpoints(trunk).written()
    if at not in written:
        raise GlaswerkError(
            f"the run to branch from has no checkpoint of step {at} (there: {written or 'none'})",
            hint=f"glaswerk train --milestones {at} with the same settings keeps one",
        )
    folder.mkdir(parents=True, exist_ok=True)
    rows = (trunk / _METRICS).read_text().splitlines()
    write_atomic(folder / _METRICS, "".join(row + "\n" for row in rows if json.loads(row)["step"] < at))
    part = folder / ".branch.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(trunk / f"step-{at}", part)
    os.rename(part, folder / f"step-{at}")
    fsync_path(folder)
