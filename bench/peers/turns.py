"""Training in turns: contestants are processes that train only while it is their turn.

The machine's noise (other processes, clock frequency) then falls on all of them alike, and each is measured
in CPU seconds of its own process. Orders and reports are lines of JSON over the child's stdin and stdout.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TextIO


class Turns:
    """The child's side: `turn` before every step, `finish` after the last.

    `score` gives bits per byte of the model as it stands; its time counts as nobody's.
    """

    def __init__(self, score: Callable[[], float]) -> None:
        self._score = score
        self._reports: TextIO = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)  # what libraries print must not get among the reports
        self._trained = self._since = 0.0
        self._order: dict[str, Any] = {}

    def begin(self, **facts: Any) -> None:
        """Report what will be trained, then wait for the first order."""
        self._report(facts)
        self._wait()

    def turn(self, step: int) -> None:
        """Return at once while this turn's seconds last, else when the next order has come."""
        spent = time.process_time() - self._since
        if step and spent >= self._order["seconds"]:
            self._pause(step, spent, done=False)
            self._wait()

    def finish(self, steps: int) -> None:
        self._pause(steps, time.process_time() - self._since, done=True)

    def _pause(self, step: int, spent: float, *, done: bool) -> None:
        self._trained += spent
        report = {"step": step, "seconds": self._trained, "turn": spent, "done": done}
        if done or self._order.get("score"):
            report["bits_per_byte"] = self._score()
        self._report(report)

    def _report(self, row: Mapping[str, Any]) -> None:
        self._reports.write(json.dumps(row) + "\n")
        self._reports.flush()

    def _wait(self) -> None:
        line = sys.stdin.readline()
        if not line:  # the parent has gone
            sys.exit(0)
        self._order = json.loads(line)
        self._since = time.process_time()


class Contestant:
    """The parent's side: one training process, from `bench.peers.<module>`."""

    def __init__(
        self, name: str, module: str, settings: Mapping[str, Any], *, python: str, log: Path
    ) -> None:
        self.name, self.points, self.turns, self.done, self.step = (
            name,
            list[tuple[float, float]](),
            [],
            False,
            0,
        )
        self._log = log.open("w")
        self._process = subprocess.Popen(
            [python, "-m", f"bench.peers.{module}", json.dumps(settings)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "TORCHINDUCTOR_COMPILE_THREADS": "1"},
        )
        self.facts = self._read()

    def train(self, seconds: float, *, score: bool) -> None:
        """One turn of at least `seconds` CPU seconds and one step."""
        self._write({"seconds": seconds, "score": score})
        report = self._read()
        self.done, self.step = report["done"], report["step"]
        self.turns.append(report["turn"])
        if "bits_per_byte" in report:
            self.points.append((report["seconds"], report["bits_per_byte"]))

    def stop(self) -> None:
        """End the process, which leaves when its orders end."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._log.close()

    def _write(self, order: Mapping[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            last = Path(self._log.name).read_text().splitlines()[-5:]
            sys.exit("\n".join([f"{self.name} ended with {self._process.wait()}:", *last]))
        found: dict[str, Any] = json.loads(line)
        return found
