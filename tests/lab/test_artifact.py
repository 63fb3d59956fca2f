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
from glaswerk.core.ids import digest_text
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
    assert f"mv {made.path} " in str(error.value.hint)


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


@pytest.mark.parametrize(
    "written", [b"", b"{", b"[]", b"3", b"\xff\xfe\x00", b"[" * 100_000, b'"text"', b"null"]
)
def test_a_manifest_that_is_no_object_is_an_error_that_names_its_folder(
    tmp_path: Path, written: bytes
) -> None:
    (tmp_path / "manifest.json").write_bytes(written)
    with pytest.raises(GlaswerkError, match=r"the manifest of .* cannot be read") as error:
        artifacts.read_manifest(tmp_path)
    assert str(tmp_path) in error.value.message
    assert str(tmp_path) in str(error.value.hint)


def test_a_folder_without_a_manifest_holds_no_artifact(tmp_path: Path) -> None:
    assert artifacts.read_manifest(tmp_path) is None
    assert artifacts.read(tmp_path) is None
    assert artifacts.read(tmp_path / "none") is None


def test_a_manifest_without_what_every_manifest_has_is_no_artifact(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"id": "b2:1"}')
    assert artifacts.read_manifest(tmp_path) == {"id": "b2:1"}
    with pytest.raises(GlaswerkError, match="lacks what every manifest has"):
        artifacts.read(tmp_path)


def test_outputs_are_listed_with_their_digests_and_without_the_manifest(tmp_path: Path) -> None:
    made = Lab.init(tmp_path).make(_spec(a=1), _writer("x"))
    found = artifacts.read_outputs(made)
    assert found == {"file.txt": digest_text("x")}
    (made.path / "manifest.json").unlink()
    with pytest.raises(GlaswerkError, match="it is missing"):
        artifacts.read_outputs(made)


@pytest.mark.parametrize(
    ("name", "final"),
    [(".main.part", "main"), (".main.old", "main"), (".a.b.part", "a.b"), ("main", None), (".main", None)],
)
def test_a_leftover_is_known_by_its_name(tmp_path: Path, name: str, final: str | None) -> None:
    assert artifacts.final_of(tmp_path / name) == (tmp_path / final if final else None)


def test_settling_takes_a_whole_staging_folder_and_drops_a_part(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    made = lab.make(_spec(a=1), _writer("x"))
    os.rename(made.path, made.path.with_name(".main.part"))
    half = made.path.with_name(".half.part")
    half.mkdir()
    (half / "file.txt").write_text("h")
    artifacts.settle(made.path)
    artifacts.settle(half.with_name("half"))
    assert [path.name for path in made.path.parent.iterdir()] == ["main"]
    assert lab.find("corpus", "main") == made


def test_a_purged_source_keeps_the_id_it_was_added_under(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    spec = Spec("source", "posts", "add/1", {}, {"files": ["a"]})
    added = lab.make(spec, _writer("x"))
    assert artifacts.original_id(added) == added.id
    purged = lab.make(
        Spec("source", "posts", "purge/1", {}, {"files": ["a"], "purged": {"of": added.id}}), _writer("")
    )
    assert artifacts.original_id(purged) == added.id
    # Adding the same files again does not bring back what was purged from them.
    assert lab.make(spec, _writer("x")) == purged


def test_a_manifest_lists_every_file_with_its_size_and_digest(tmp_path: Path) -> None:
    def write(folder: Path) -> Mapping[str, Any]:
        (folder / "deep" / "er").mkdir(parents=True)
        (folder / "deep" / "er" / "ß.txt").write_text("abc")
        (folder / "empty").touch()
        return {}

    made = Lab.init(tmp_path).make(_spec(), write)
    outputs = json.loads((made.path / "manifest.json").read_text())["outputs"]
    assert {name: entry["bytes"] for name, entry in outputs.items()} == {"deep/er/ß.txt": 3, "empty": 0}
    assert made.bytes == 3
