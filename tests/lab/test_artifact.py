"""Artifacts are whole or absent."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab, Spec
from glaswerk.lab import artifact as artifacts


def _spec(**config: Any) -> Spec:
    return Spec("corpus", "main", "test/1", {"source:a": "b2:00"}, config)


def _writer(text: str, calls: list[str] | None = None) -> Any:
    def write(folder: Path) -> Mapping[str, Any]:
        if calls is not None:
            calls.append(text)
        (folder / "file.txt").write_text(text)
        return {"length": len(text)}

    return write


def test_a_finished_step_is_never_done_twice(tmp_path: Path) -> None:
    lab, calls = Lab.init(tmp_path), []
    first = lab.make(_spec(a=1), _writer("x", calls))
    again = lab.make(_spec(a=1), _writer("x", calls))
    assert calls == ["x"]
    assert first == again
    assert first.stats == {"length": 1}


def test_another_config_replaces_the_artifact_of_that_name(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    first = lab.make(_spec(a=1), _writer("x"))
    second = lab.make(_spec(a=2), _writer("y"))
    assert first.id != second.id
    assert (second.path / "file.txt").read_text() == "y"
    assert sorted(p.name for p in second.path.parent.iterdir()) == ["main"]


def test_the_id_follows_from_inputs_and_config_not_from_the_name() -> None:
    one = Spec("corpus", "one", "r/1", {"a": "b2:1"}, {"x": 1})
    assert one.id == Spec("corpus", "two", "r/1", {"a": "b2:1"}, {"x": 1}).id
    assert one.id != Spec("corpus", "one", "r/2", {"a": "b2:1"}, {"x": 1}).id
    assert one.id != Spec("corpus", "one", "r/1", {"a": "b2:2"}, {"x": 1}).id


def test_a_failure_leaves_the_older_artifact_and_no_rest(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    lab.make(_spec(a=1), _writer("old"))

    def fail(folder: Path) -> Mapping[str, Any]:
        (folder / "half").write_text("h")
        raise GlaswerkError("no")

    with pytest.raises(GlaswerkError):
        lab.make(_spec(a=2), fail)
    folder = tmp_path / "corpora"
    assert [p.name for p in folder.iterdir()] == ["main"]
    assert (folder / "main" / "file.txt").read_text() == "old"


def test_a_whole_staging_folder_left_by_a_kill_is_adopted(tmp_path: Path) -> None:
    lab, calls = Lab.init(tmp_path), []
    made = lab.make(_spec(a=1), _writer("x", calls))
    os.rename(made.path, made.path.with_name(".main.part"))
    lab.make(_spec(a=1), _writer("x", calls))
    assert calls == ["x"]
    assert (made.path / "file.txt").exists()


def test_a_broken_manifest_is_named_with_what_to_do(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    made = lab.make(_spec(a=1), _writer("x"))
    (made.path / "manifest.json").write_text("{")
    with pytest.raises(GlaswerkError, match="manifest") as error:
        lab.find("corpus", "main")
    assert "remove" in str(error.value.hint)


def test_a_manifest_of_a_newer_format_is_refused(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    made = lab.make(_spec(a=1), _writer("x"))
    data = json.loads((made.path / "manifest.json").read_text())
    (made.path / "manifest.json").write_text(json.dumps({**data, "format": 99}))
    with pytest.raises(GlaswerkError, match="format 99"):
        artifacts.read(made.path)


_MAKER = """
import sys, time
from pathlib import Path
from glaswerk.lab import Lab, Spec

def write(folder):
    for i in range(40):
        (folder / f"{i}.txt").write_text(str(i) * 1000)
        time.sleep(0.002)
    return {"files": 40}

lab = Lab.init(Path(sys.argv[1]))
with lab.writing():
    made = lab.make(Spec("corpus", "main", "test/1", {}, {}), write)
print(made.digest)
"""


def test_kill_9_at_any_moment_leaves_a_lab_that_the_same_command_completes(tmp_path: Path) -> None:
    whole = _make(tmp_path / "whole").communicate()[0]
    for i in range(8):
        process = _make(tmp_path / "killed")
        time.sleep(0.05 + 0.05 * i)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        found = Lab.init(tmp_path / "killed").find("corpus", "main")
        assert found is None or found.stats == {"files": 40}
        if found:
            shutil.rmtree(tmp_path / "killed")
    assert _make(tmp_path / "killed").communicate()[0] == whole


def _make(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _MAKER, str(folder)], stdout=subprocess.PIPE, text=True)


def test_what_a_kill_left_of_the_artifact_before_goes_with_the_next_call(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    made = lab.make(_spec(a=1), _writer("x"))
    for name in (".main.old", ".main.part"):
        shutil.copytree(made.path, made.path.with_name(name))
    assert lab.make(_spec(a=1), _writer("x")) == made
    assert [path.name for path in made.path.parent.iterdir()] == ["main"]


def test_a_removed_artifact_is_gone_with_its_leftovers(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    made = lab.make(_spec(a=1), _writer("x"))
    shutil.copytree(made.path, made.path.with_name(".main.old"))
    lab.remove(made)
    lab.remove(made)
    assert list(made.path.parent.iterdir()) == []
    assert lab.find("corpus", "main") is None
