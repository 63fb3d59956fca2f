"""A decay that branches from a step of another run: the new run begins with its checkpoint and metrics."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.files import fsync_path
from glaswerk.train.checkpoint.metrics import rewind
from glaswerk.train.checkpoint.policy import written_steps


def begin_branch(trunk: Path, at: int, folder: Path) -> None:
    """Copy the checkpoint of step `at` of the run in `trunk` into `folder`, unless it has one already.

    Raises GlaswerkError if the trunk has no checkpoint of that step.
    """
    if written_steps(folder):
        return
    there = written_steps(trunk)
    if at not in there:
        raise GlaswerkError(
            f"the run to branch from has no checkpoint of step {at} (there: {there or 'none'})",
            hint=f"glaswerk train --milestones {at} with the same settings keeps one",
        )
    folder.mkdir(parents=True, exist_ok=True)
    rewind(folder, at, source=trunk)
    part = folder / ".branch.part"
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(trunk / f"step-{at}", part)
    os.rename(part, folder / f"step-{at}")
    fsync_path(folder)
