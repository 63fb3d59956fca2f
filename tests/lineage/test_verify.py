"""Verification: whatever is altered, added or removed in an artifact is found and named."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.artifact_files import MANIFEST
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.status import entries
from glaswerk.lineage.verify import Checked, Register, check, everything, targets


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
    assert sum(read) == sum(
        artifact.bytes for kind in ("corpus", "shards", "model") for artifact in empty_lab.all(kind)
    )


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
        (lambda said: said["config"].update(rate=0.2), "differs from the ledger in config"),
        (lambda said: said["stats"].update(loss=0.1), "differs from the ledger in stats"),
        (lambda said: said.update(seconds=9999.0), "differs from the ledger in seconds"),
        (lambda said: said.update(code="9"), "differs from the ledger, which records another digest"),
        (lambda said: said.update(id="b2:" + "0" * 40), "differs from the ledger in id"),
        (lambda said: said.update(name="other/step-1"), "differs from the ledger in name"),
        (lambda said: said["inputs"].update(shards="b2:00"), "differs from the ledger in inputs"),
        (lambda said: said["inputs"].update(shards="b2:00"), "its id does not follow from"),
        (lambda said: said["outputs"].pop("words.txt"), "its digest does not cover the files it lists"),
        (lambda said: said.clear(), "differs from the ledger in id"),
    ],
)
def test_a_manifest_that_was_altered_is_found_whatever_its_field(
    empty_lab: Lab, model: Artifact, edit: Callable[[dict[str, Any]], None], words: str
) -> None:
    change(model.path, edit)
    faults = upstream(empty_lab, model.id)["model"].faults
    assert any(fault.startswith("manifest.json: ") and words in fault for fault in faults), faults


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
        "manifest.json: differs from the ledger in digest",
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
    assert (found["corpus"].state, found["corpus"].faults) == ("missing", ("no longer in the lab",))
    assert {one.kind for one in whole(empty_lab)} == {"corpus", "shards", "model"}


def test_what_was_made_anew_since_is_said_and_is_no_fault(
    empty_lab: Lab, model: Artifact, make: Callable[..., Artifact]
) -> None:
    make("corpus", "main", languages=["en"])
    found = upstream(empty_lab, model.id)
    assert (found["corpus"].state, found["corpus"].faults) == ("rebuilt", ())
    assert found["model"].state == "matches"


def test_making_it_again_does_not_make_an_altered_manifest_the_truth(
    empty_lab: Lab, model: Artifact, make: Callable[..., Artifact]
) -> None:
    change(model.path, lambda said: said["stats"].update(loss=0.0))
    shards = {"shards": model.inputs["shards"]}
    make("model", "base/step-1", shards, rate=0.1)
    entries(empty_lab)
    assert upstream(empty_lab, model.id)["model"].state == "altered"


def test_an_artifact_that_was_removed_and_made_again_matches(
    empty_lab: Lab, model: Artifact, make: Callable[..., Artifact]
) -> None:
    shards = {"shards": model.inputs["shards"]}
    empty_lab.remove(model)
    again = make("model", "base/step-1", shards, rate=0.1)
    assert again.id == model.id
    assert upstream(empty_lab, model.id)["model"].state == "matches"


def test_two_names_of_one_id_are_compared_each_for_itself(
    empty_lab: Lab, model: Artifact, make: Callable[..., Artifact]
) -> None:
    twin = make("model", "twin/step-1", {"shards": model.inputs["shards"]}, rate=0.1)
    assert twin.id == model.id
    assert [one.state for one in whole(empty_lab)] == ["matches"] * 4
    (model.path / "words.txt").write_text("others")
    assert {one.name: one.state for one in whole(empty_lab) if one.kind == "model"} == {
        "base/step-1": "altered",
        "twin/step-1": "matches",
    }


def test_a_lab_of_before_says_what_is_not_recorded_and_still_finds_what_the_ledger_had(
    empty_lab: Lab, model: Artifact
) -> None:
    empty_lab.ledger.close()
    with closing(sqlite3.connect(empty_lab.root / "ledger.db")) as ledger:
        ledger.executescript("DROP TABLE manifest; DROP TABLE departure; PRAGMA user_version = 2;")
    opened = Lab.open(empty_lab.root)
    notes = {one.notes for one in whole(opened)}
    assert notes == {("its manifest's digest is not recorded in the ledger",)}
    assert all(one.state == "matches" for one in whole(opened))
    change(model.path, lambda said: said["stats"].update(loss=0.0))
    assert upstream(opened, model.id)["model"].state == "altered"
    opened.ledger.close()


def test_what_the_ledger_does_not_hold_is_a_fault_and_its_files_are_compared_all_the_same(
    empty_lab: Lab, model: Artifact
) -> None:
    empty_lab.ledger.close()
    for file in empty_lab.root.glob("ledger.db*"):
        file.unlink()
    (model.path / "words.txt").write_text("others")
    opened = Lab.open(empty_lab.root)
    found = upstream(opened, model.id)
    assert all(one.state == "altered" and "not in the ledger" in one.faults[0] for one in found.values())
    assert found["model"].faults[1:] == ("words.txt: altered",)
    opened.ledger.close()


@pytest.mark.parametrize("name", ["words.txt", MANIFEST])
def test_a_link_and_a_pipe_are_no_files_of_an_artifact_whatever_they_lead_to(
    empty_lab: Lab, model: Artifact, name: str, tmp_path: Path
) -> None:
    """The target of a link may change unseen; a pipe would be waited for."""
    file = (model.path / name).rename(tmp_path / name)
    (model.path / name).symlink_to(file)
    assert upstream(empty_lab, model.id)["model"].faults == (
        f"{name}: altered, it is no longer a plain file",
    )
    (model.path / name).unlink()
    os.mkfifo(model.path / name)
    assert upstream(empty_lab, model.id)["model"].faults == (
        f"{name}: altered, it is no longer a plain file",
    )


def test_a_folder_that_became_a_link_is_a_fault(empty_lab: Lab, model: Artifact, tmp_path: Path) -> None:
    model.path.rename(tmp_path / "elsewhere")
    model.path.symlink_to(tmp_path / "elsewhere")
    assert upstream(empty_lab, model.id)["model"].faults == ("its folder is now a link",)


@pytest.mark.parametrize("folder", ["inner", ".inner"])
def test_files_beside_a_manifest_of_their_own_are_not_hidden(
    empty_lab: Lab, model: Artifact, folder: str
) -> None:
    (model.path / folder).mkdir()
    for name in (MANIFEST, "more.bin"):
        (model.path / folder / name).write_text("{}")
    assert upstream(empty_lab, model.id)["model"].faults == (
        f"{folder}/{MANIFEST}: added since",
        f"{folder}/more.bin: added since",
    )


def test_the_name_of_an_added_file_can_neither_steer_a_terminal_nor_be_a_line(
    empty_lab: Lab, model: Artifact
) -> None:
    (model.path / "a\x1b[31m\nb").write_text("")
    assert upstream(empty_lab, model.id)["model"].faults == (r"'a\x1b[31m\nb': added since",)


def write_ledger(lab: Lab, statement: str) -> None:
    with closing(sqlite3.connect(lab.ledger.path)) as ledger:
        ledger.executescript(statement)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("DELETE FROM edge WHERE child LIKE 'b2:%'", "manifest.json: differs from the ledger in inputs"),
        ("UPDATE artifact SET config = '{' WHERE kind = 'model'", "its row in the ledger cannot be read"),
        ("UPDATE artifact SET digest = '0'", "manifest.json: differs from the ledger in digest"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM artifact WHERE kind = 'model'", "not in the ledger: "),
    ],
)
def test_a_ledger_that_was_altered_does_not_match_the_manifests(
    empty_lab: Lab, model: Artifact, statement: str, fault: str
) -> None:
    write_ledger(empty_lab, statement)
    (found,) = (one for one in whole(empty_lab) if one.kind == "model")
    assert any(said.startswith(fault) for said in found.faults), found.faults


def test_a_ledger_that_leads_out_of_the_lab_or_is_damaged_is_refused(empty_lab: Lab, model: Artifact) -> None:
    write_ledger(empty_lab, "UPDATE artifact SET path = '../../etc' WHERE kind = 'model'")
    with pytest.raises(GlaswerkError, match="names a path outside the lab"):
        Register.read(empty_lab)
    empty_lab.ledger.close()
    written = bytearray(empty_lab.ledger.path.read_bytes())
    # The first bytes of a page are its kind: every page of a table or an index becomes none.
    size = int.from_bytes(written[16:18], "big")
    for page in range(size, len(written), size):
        written[page] ^= 1
    empty_lab.ledger.path.write_bytes(bytes(written))
    with pytest.raises(GlaswerkError, match=r"the ledger .* cannot be read"):
        Register.read(Lab.open(empty_lab.root))
