"""Verification: whatever is altered, added or removed in an artifact is found and named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.artifact import MANIFEST
from glaswerk.lab.status import entries
from glaswerk.lab.verify import Checked, Register, check, everything, targets


def make(lab: Lab, kind: Any, name: str, inputs: dict[str, str] | None = None, **config: Any) -> Artifact:
    def write(folder: Path) -> dict[str, Any]:
        (folder / "part").mkdir()
        (folder / "part" / "0.bin").write_bytes(b"\0" * 100)
        (folder / "words.txt").write_text(f"{kind} {config}")
        return {"tokens": 3, "loss": 0.125}

    return lab.make(Spec(kind, name, f"{kind}/1", inputs or {}, config), write)


@pytest.fixture
def model(empty_lab: Lab) -> Artifact:
    """A model over shards over a corpus."""
    corpus = make(empty_lab, "corpus", "main")
    shards = make(empty_lab, "shards", "main.main", {"corpus": corpus.id})
    return make(empty_lab, "model", "base/step-1", {"shards": shards.id}, rate=0.1)


def upstream(lab: Lab, identifier: str) -> dict[str, Checked]:
    register = Register.read(lab)
    nodes = targets(register, register.graph().upstream(identifier))
    return {node.kind: check(register, node, lambda read: None) for node in nodes}


def whole(lab: Lab) -> list[Checked]:
    register = Register.read(lab)
    return [check(register, node, lambda read: None) for node in everything(register)]


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    said = json.loads((path / MANIFEST).read_text())
    edit(said)
    (path / MANIFEST).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n")


def test_what_nobody_touched_matches_and_its_bytes_are_counted(empty_lab: Lab, model: Artifact) -> None:
    read: list[int] = []
    register = Register.read(empty_lab)
    nodes = everything(register)
    found = [check(register, node, read.append) for node in nodes]
    assert [one.state for one in found] == ["matches"] * 3
    assert all(one.files == 3 and not one.notes for one in found)
    assert sum(read) == sum(artifact.bytes for kind in ("corpus", "shards", "model") for artifact in
                            empty_lab.all(kind))  # fmt: skip


@pytest.mark.parametrize("kind", ["corpus", "shards", "model"])
def test_one_byte_changed_anywhere_upstream_is_found_and_the_file_named(
    empty_lab: Lab, model: Artifact, kind: Any
) -> None:
    (artifact,) = empty_lab.all(kind)
    file = artifact.path / "part" / "0.bin"
    written = bytearray(file.read_bytes())
    written[57] ^= 1
    file.write_bytes(bytes(written))
    found = upstream(empty_lab, model.id)
    assert found[kind].faults == ("part/0.bin: altered",)
    assert [one.state for one in found.values()].count("matches") == 2


def test_a_file_that_was_added_and_one_that_was_removed_are_named(empty_lab: Lab, model: Artifact) -> None:
    (model.path / "words.txt").unlink()
    (model.path / ".hidden").write_text("")
    assert upstream(empty_lab, model.id)["model"].faults == ("words.txt: missing", ".hidden: added since")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda said: said["config"].update(rate=0.2), "the ledger has another config"),
        (lambda said: said["stats"].update(loss=0.1), "the ledger has another stats"),
        (lambda said: said.update(seconds=9999.0), "the ledger has another seconds"),
        (lambda said: said.update(code="9"), "the ledger has another digest of it"),
        (lambda said: said.update(id="b2:" + "0" * 40), "the ledger has another id"),
        (lambda said: said["inputs"].update(shards="b2:00"), "its id is not that of"),
        (lambda said: said["outputs"].pop("words.txt"), "its digest is not that of the files it lists"),
        (lambda said: said.clear(), "the ledger has another id"),
    ],
)  # fmt: skip
def test_a_manifest_that_was_altered_is_found_whatever_its_field(
    empty_lab: Lab, model: Artifact, edit: Callable[[dict[str, Any]], None], words: str
) -> None:
    change(model.path, edit)
    faults = upstream(empty_lab, model.id)["model"].faults
    assert any(fault.startswith("manifest.json: altered") and words in fault for fault in faults), faults


def test_a_manifest_made_to_fit_an_altered_file_is_found_by_the_ledger(
    empty_lab: Lab, model: Artifact
) -> None:
    from glaswerk.core.ids import digest_file, digest_files

    (model.path / "words.txt").write_text("others")

    def fit(said: dict[str, Any]) -> None:
        said["outputs"]["words.txt"].update(bytes=6, digest=digest_file(model.path / "words.txt"))
        said["digest"] = digest_files({name: o["digest"] for name, o in said["outputs"].items()})

    change(model.path, fit)
    assert upstream(empty_lab, model.id)["model"].faults == (
        "manifest.json: altered, the ledger has another digest",
    )


@pytest.mark.parametrize("written", [b"", b"{", b"\xff", b"[]", b"[" * 100_000])
def test_a_manifest_that_cannot_be_read_hides_nothing(
    empty_lab: Lab, model: Artifact, written: bytes
) -> None:
    (model.path / MANIFEST).write_bytes(written)
    assert upstream(empty_lab, model.id)["model"].faults == ("manifest.json: altered, it cannot be read",)


def test_a_manifest_or_a_whole_folder_that_is_missing_is_found(empty_lab: Lab, model: Artifact) -> None:
    (empty_lab.path("shards", "main.main") / MANIFEST).unlink()
    shutil.rmtree(empty_lab.path("corpus", "main"))
    found = upstream(empty_lab, model.id)
    assert found["shards"].faults[0] == "manifest.json: missing"
    assert (found["corpus"].state, found["corpus"].faults) == ("missing", ("not in the lab any more",))
    assert {one.kind for one in whole(empty_lab)} == {"corpus", "shards", "model"}


def test_what_was_made_anew_since_is_said_and_is_no_fault(empty_lab: Lab, model: Artifact) -> None:
    make(empty_lab, "corpus", "main", languages=["en"])
    found = upstream(empty_lab, model.id)
    assert (found["corpus"].state, found["corpus"].faults) == ("made anew", ())
    assert found["model"].state == "matches"


def test_making_it_again_does_not_make_an_altered_manifest_the_truth(empty_lab: Lab, model: Artifact) -> None:
    change(model.path, lambda said: said["stats"].update(loss=0.0))
    shards = {"shards": model.inputs["shards"]}
    make(empty_lab, "model", "base/step-1", shards, rate=0.1)
    entries(empty_lab)
    assert upstream(empty_lab, model.id)["model"].state == "altered"


def test_an_artifact_that_was_removed_and_made_again_matches(empty_lab: Lab, model: Artifact) -> None:
    shards = {"shards": model.inputs["shards"]}
    empty_lab.remove(model)
    again = make(empty_lab, "model", "base/step-1", shards, rate=0.1)
    assert again.id == model.id
    assert upstream(empty_lab, model.id)["model"].state == "matches"


def test_two_names_of_one_id_are_compared_each_for_itself(empty_lab: Lab, model: Artifact) -> None:
    twin = make(empty_lab, "model", "twin/step-1", {"shards": model.inputs["shards"]}, rate=0.1)
    assert twin.id == model.id
    assert [one.state for one in whole(empty_lab)] == ["matches"] * 4
    (model.path / "words.txt").write_text("others")
    assert {one.name: one.state for one in whole(empty_lab) if one.kind == "model"} == {
        "base/step-1": "altered", "twin/step-1": "matches",
    }  # fmt: skip


def test_a_lab_of_before_says_what_is_not_recorded_and_still_finds_what_the_ledger_had(
    empty_lab: Lab, model: Artifact
) -> None:
    empty_lab.ledger.close()
    with sqlite3.connect(empty_lab.root / "ledger.db") as ledger:
        ledger.executescript("DROP TABLE manifest; PRAGMA user_version = 2;")
    opened = Lab.open(empty_lab.root)
    notes = {one.notes for one in whole(opened)}
    assert notes == {("its manifest's digest is not recorded in the ledger",)}
    assert all(one.state == "matches" for one in whole(opened))
    change(model.path, lambda said: said["stats"].update(loss=0.0))
    assert upstream(opened, model.id)["model"].state == "altered"
    opened.ledger.close()


def test_a_lab_that_lost_its_ledger_is_checked_by_its_manifests(empty_lab: Lab, model: Artifact) -> None:
    empty_lab.ledger.close()
    for file in empty_lab.root.glob("ledger.db*"):
        file.unlink()
    (model.path / "words.txt").write_text("others")
    opened = Lab.open(empty_lab.root)
    found = upstream(opened, model.id)
    assert found["corpus"].notes == ("not recorded in the ledger",)
    assert found["model"].faults == ("words.txt: altered",)
    opened.ledger.close()
