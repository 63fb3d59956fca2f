"""`log`: every command that wrote, the newest first, and how it ended, even if it was killed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from glaswerk.cli.log_verb import command
from glaswerk.lab import Artifact, Lab


def log(lab: Path, *words: str) -> str:
    result = CliRunner().invoke(command, ["--lab", str(lab), *words], catch_exceptions=False)
    return result.stdout


def rows(lab: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(log(lab, "--json", *words))
    return found


def enter(lab: Lab, words: str, status: str = "done", message: str = "") -> int:
    run = lab.ledger.start_run(words)
    if status != "running":
        lab.ledger.finish_run(run, status, 1.25, 1.0, message)
    return run


def test_the_newest_commands_come_first_and_only_as_many_as_asked(empty_lab: Lab) -> None:
    for n in range(30):
        enter(empty_lab, f"glaswerk run-{n}")
    assert [row["command"] for row in rows(empty_lab.root, "-n", "2")] == [
        "glaswerk run-29",
        "glaswerk run-28",
    ]
    assert len(rows(empty_lab.root)) == 20


def test_a_command_whose_process_is_gone_was_killed(empty_lab: Lab) -> None:
    enter(empty_lab, "glaswerk train", "running")
    assert rows(empty_lab.root)[0]["status"] == "running"
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    with empty_lab.ledger.transaction() as db:
        db.execute("UPDATE run SET pid = ?", (process.pid,))
    assert rows(empty_lab.root)[0]["status"] == "killed"
    assert "killed" in log(empty_lab.root)


def test_a_line_has_time_status_seconds_command_and_message(empty_lab: Lab) -> None:
    enter(empty_lab, "glaswerk curate", "failed", "the lab has no source")
    line = log(empty_lab.root).rstrip()
    assert line.split()[1:4] == ["failed", "1.2", "s"] or line.split()[1:4] == ["failed", "1.3", "s"]
    assert line.endswith("glaswerk curate  (the lab has no source)")


def test_a_model_that_a_command_made_points_to_its_report(
    empty_lab: Lab, make: Callable[..., Artifact]
) -> None:
    run = empty_lab.ledger.start_run("glaswerk train")
    made = empty_lab.make(_spec(), _write)
    empty_lab.ledger.finish_run(run, "done", 1.0, 1.0)
    assert f"report: {made.stats['report']}" in log(empty_lab.root)
    enter(empty_lab, "glaswerk tune")
    assert "report" not in log(empty_lab.root, "-n", "1")


def _spec() -> Any:
    from glaswerk.lab import Spec

    return Spec("model", "base/step-1", "model/1")


def _write(folder: Path) -> dict[str, Any]:
    (folder / "x").write_text("x")
    return {"report": "runs/abc/report.html"}


def test_an_empty_log_prints_nothing(empty_lab: Lab) -> None:
    assert log(empty_lab.root) == ""
    assert rows(empty_lab.root) == []
