"""Opening, locking and asking a lab."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab, Spec
from glaswerk.lab.status import entries


def _make(lab: Lab, kind: str, name: str, inputs: dict[str, str] | None = None, **config: object) -> str:
    def write(folder: Path) -> dict[str, int]:
        (folder / "a").write_text(name)
        return {}

    return lab.make(Spec(kind, name, "test/1", inputs or {}, config), write).id  # type: ignore[arg-type]


def test_init_twice_keeps_the_settings(tmp_path: Path) -> None:
    Lab.init(tmp_path, 'a "quoted" name')
    (tmp_path / "lab.toml").write_text((tmp_path / "lab.toml").read_text() + "\n[mine]\nx = 1\n")
    lab = Lab.init(tmp_path, "other")
    assert lab.settings["lab"]["name"] == 'a "quoted" name'
    assert lab.settings["mine"]["x"] == 1


def test_a_folder_without_a_lab_is_an_error_that_says_init(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match=r"lab\.toml is missing") as error:
        Lab.open(tmp_path)
    assert error.value.hint == "glaswerk init"


@pytest.mark.parametrize("text", ["format = 99", "format = 'x'", "format ="])
def test_a_lab_of_a_newer_or_broken_format_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "lab.toml").write_text(text)
    with pytest.raises(GlaswerkError):
        Lab.open(tmp_path)
    assert not (tmp_path / "ledger.db").exists()


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    Lab.init(tmp_path).ledger.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(GlaswerkError, match="version 99"):
        Lab.open(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (99,)


def test_a_ledger_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    Lab.init(tmp_path).ledger.close()
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    (tmp_path / "ledger.db").write_text("this is not SQLite at all, it is a sentence that is long enough")
    with pytest.raises(GlaswerkError, match="cannot be read"):
        Lab.open(tmp_path)


def test_two_writers_at_once_are_refused_with_the_first_ones_process(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    code = (
        "import sys; from pathlib import Path; from glaswerk.lab import Lab\n"
        "with Lab.open(Path(sys.argv[1])).writing(): pass"
    )
    with lab.writing():
        result = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert result.returncode == 1
    assert "another glaswerk command (process" in result.stderr


@pytest.mark.parametrize("name", ["", "../x", "/etc", ".hidden", "a/../../b"])
def test_names_that_leave_the_lab_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GlaswerkError, match="expected a name"):
        Lab.init(tmp_path).path("model", name)


def test_lineage_is_in_the_ledger(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    source = _make(lab, "source", "s")
    corpus = _make(lab, "corpus", "main", {"source:s": source})
    rows = lab.ledger.rows("SELECT child, role, parent FROM edge")
    assert [tuple(row) for row in rows] == [(corpus, "source:s", source)]


def test_a_new_source_makes_the_corpus_and_all_after_it_stale(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    corpus = _make(lab, "corpus", "main", {"source:s": _make(lab, "source", "s")}, sources="all")
    _make(lab, "tokenizer", "main", {"corpus": corpus})
    assert [entry.stale for entry in entries(lab)] == ["", "", ""]
    _make(lab, "source", "t", x=1)
    stale = {entry.artifact.kind: entry.stale for entry in entries(lab)}
    assert "added since" in stale["corpus"]
    assert stale["tokenizer"] == "corpus is stale"
    assert stale["source"] == ""


def test_status_writes_lost_ledger_rows_back_from_the_manifests(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    _make(lab, "source", "s")
    lab.ledger.close()
    for path in tmp_path.glob("ledger.db*"):
        path.unlink()
    again = Lab.open(tmp_path)
    assert len(entries(again)) == 1
    assert again.ledger.rows("SELECT name FROM artifact")[0]["name"] == "s"


def test_the_latest_model_is_the_one_finished_last(tmp_path: Path) -> None:
    lab = Lab.init(tmp_path)
    _make(lab, "model", "base/step-9", x=1)
    _make(lab, "model", "base/step-10", x=2)
    _make(lab, "model", "chat/step-3", x=3)
    found = lab.latest("model", "base")
    assert found is not None
    assert found.name == "base/step-10"
    assert lab.latest("model", "bas") is None


@pytest.mark.parametrize("name", ["a/b", "a b", "a/.b", "  ", "x" * 300])
def test_names_that_would_nest_or_hide_an_artifact_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(GlaswerkError, match="expected a name"):
        Lab.init(tmp_path).path("source", name)


@pytest.mark.parametrize("name", ['a"b', "two\nlines", "Straße 🦆", "back\\slash"])
def test_any_name_of_a_lab_gives_settings_that_can_be_read(tmp_path: Path, name: str) -> None:
    assert Lab.init(tmp_path, name).settings["lab"]["name"] == name


def test_a_lab_is_made_and_opened_by_a_path_in_words(tmp_path: Path) -> None:
    made = Lab.init(str(tmp_path / "lab"))
    made.ledger.close()
    opened = Lab.open(str(tmp_path / "lab"))
    assert opened.root == (tmp_path / "lab").resolve()
    opened.ledger.close()


def test_a_folder_that_vanishes_while_the_lab_is_read_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another command replaces a corpus by renaming its folder."""
    lab = Lab.init(tmp_path, "test")
    for name in ("kept", "gone"):
        _make(lab, "corpus", name)
    scandir = os.scandir

    def late(path: Any) -> Any:
        if not isinstance(path, int) and Path(path).name == "gone":
            shutil.rmtree(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", late)
    assert [made.name for made in lab.all("corpus")] == ["kept"]
