"""Starts tests/support/rank.py under torchrun, as a user would, and reads what it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

RANK = Path(__file__).with_name("rank.py")


def torchrun(*options: str, folder: Path, job: dict[str, Any], before: tuple[str, ...] = ()) -> list[str]:
    """The command line of one host's agent; `before` is what starts it, for one in a namespace of its own."""
    agent = [sys.executable, "-m", "torch.distributed.run", *options]
    return [*before, *agent, str(RANK), str(folder), json.dumps(job)]


def start(command: list[str]) -> subprocess.Popen[str]:
    """In a process group of its own, so that `stop` ends all of it; one thread a rank."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def launch(ranks: int, folder: Path, **job: Any) -> None:
    """Run a job on `ranks` ranks of this machine to its end, and fail with its output where it fails."""
    command = torchrun("--standalone", f"--nproc-per-node={ranks}", folder=folder, job=job)
    process = start(command)
    output, _ = process.communicate(timeout=480)
    assert process.returncode == 0, output


def column(folder: Path, name: str) -> list[float]:
    """One figure of every step."""
    return [json.loads(line)[name] for line in (folder / "metrics.jsonl").read_text().splitlines()]
