"""A run is entered in the ledger however it ends, and results are printed in one shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glaswerk.cli.interrupts import resumable
from glaswerk.cli.session import artifact_fields, open_lab, print_json, show, show_all, taking_part, writing
from glaswerk.core.errors import GlaswerkError, Interrupted
from glaswerk.lab import Artifact, Lab

Make = Callable[..., Artifact]


def last_run(lab: Lab) -> dict[str, Any]:
    return dict(lab.ledger.rows("SELECT * FROM run ORDER BY id DESC LIMIT 1")[0])


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (GlaswerkError("no corpus", hint="glaswerk curate"), "failed", "no corpus"),
        (ValueError("first line\nsecond line"), "failed", "first line"),
        (ValueError(), "failed", "ValueError"),
        (KeyboardInterrupt(), "interrupted", ""),
        (Interrupted(3, 9), "interrupted", "stopped after step 3 of 9; everything so far is saved"),
    ],
)
def test_a_run_that_ends_early_is_entered_with_its_reason(
    empty_lab: Lab, error: BaseException, status: str, message: str
) -> None:
    with pytest.raises(type(error)), writing(empty_lab.root):
        raise error
    row = last_run(empty_lab)
    assert (row["status"], row["message"]) == (status, message)
    assert row["finished_at"] is not None


def test_a_run_that_ends_well_is_entered_with_its_time(empty_lab: Lab) -> None:
    with writing(empty_lab.root) as lab:
        assert last_run(lab)["status"] == "running"
    row = last_run(empty_lab)
    assert row["status"] == "done"
    assert 0 <= row["seconds"] < 60


def test_the_lock_is_free_again_after_a_failure(empty_lab: Lab) -> None:
    with pytest.raises(ValueError, match="x"), writing(empty_lab.root):
        raise ValueError("x")
    with writing(empty_lab.root) as lab:
        assert lab.root == empty_lab.root


def test_only_the_first_rank_writes(empty_lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    with taking_part(empty_lab.root):
        monkeypatch.setenv("RANK", "1")
        with taking_part(empty_lab.root) as lab:
            assert lab.root == empty_lab.root
    assert len(empty_lab.ledger.rows("SELECT * FROM run")) == 1


def test_opening_names_the_folder_that_has_no_lab(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match=f"expected a lab in {tmp_path}, found none"):
        open_lab(tmp_path)


def test_an_artifact_is_shown_on_one_line_with_its_figures(
    make: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    show(make("corpus", "main"), False, documents=12345, loss=0.125, licence="own")
    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert line.startswith("corpus main  documents 12,345  loss 0.125  licence own  ")


def test_several_artifacts_are_lines_or_one_json_list(make: Make, capsys: pytest.CaptureFixture[str]) -> None:
    found = [(make("corpus", "main"), {"kept": 1}), (make("shards", "main.main"), {})]
    show_all(found, False)
    assert len(capsys.readouterr().out.splitlines()) == 2
    show_all(found, True)
    assert [row["name"] for row in json.loads(capsys.readouterr().out)] == ["main", "main.main"]
    show_all([], True)
    assert json.loads(capsys.readouterr().out) == []


def test_the_json_of_an_artifact_is_what_its_manifest_says(make: Make) -> None:
    made = make("corpus", "main", rate=0.5)
    fields = artifact_fields(made)
    manifest = json.loads((made.path / "manifest.json").read_text())
    assert {key: manifest[key] for key in fields if key in manifest} == {
        key: value for key, value in fields.items() if key in manifest
    }
    assert fields["path"] == str(made.path)


def test_json_keeps_letters_and_writes_dates_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Österreich “x”", "path": Path("a")})
    out = capsys.readouterr().out
    assert "Österreich" in out
    assert json.loads(out) == {"name": "Österreich “x”", "path": "a"}


def test_an_interrupted_run_says_what_to_type_and_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, resumable():
        raise Interrupted(120, 548)
    assert caught.value.code == 130
    stopped, resume = capsys.readouterr().err.strip().splitlines()
    assert stopped == "stopped after step 120 of 548; everything so far is saved"
    assert resume.startswith("resume: glaswerk")


def test_other_errors_pass_through(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(GlaswerkError, match="x"), resumable():
        raise GlaswerkError("x")
    assert capsys.readouterr().err == ""
