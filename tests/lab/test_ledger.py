"""The ledger: what is recorded is found, a damaged file is named, an older one is brought up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.ledger import Ledger
from glaswerk.lab.migrations import MIGRATIONS

Make = Callable[..., Artifact]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "ledger.db")
    yield opened
    opened.close()


def test_an_artifact_is_recorded_with_its_edges_and_the_digest_of_its_manifest(
    empty_lab: Lab, make: Make
) -> None:
    corpus = make("corpus", "main")
    made = make("model", "base/step-1", {"shards": "b2:gone", "corpus": corpus.id}, rate=0.1)
    (row,) = empty_lab.ledger.rows("SELECT * FROM artifact WHERE id = ?", made.id)
    assert (row["kind"], row["name"], row["path"]) == ("model", "base/step-1", "models/base/step-1")
    assert empty_lab.ledger.parsed(row["config"]) == {"rate": 0.1}
    assert empty_lab.ledger.parsed(row["stats"]) == made.stats
    edges = empty_lab.ledger.rows("SELECT role, parent FROM edge WHERE child = ? ORDER BY role", made.id)
    assert [tuple(edge) for edge in edges] == [("corpus", corpus.id), ("shards", "b2:gone")]
    (manifest,) = empty_lab.ledger.rows("SELECT * FROM manifest WHERE id = ?", made.id)
    assert manifest["digest"] == digest_file(made.path / "manifest.json")
    assert manifest["recipe"] == "model/1"


def test_recording_an_artifact_twice_changes_nothing(empty_lab: Lab, make: Make) -> None:
    made = make("corpus", "main")
    before = [tuple(row) for row in empty_lab.ledger.rows("SELECT * FROM artifact")]
    empty_lab.ledger.record(made, empty_lab.root)
    assert [tuple(row) for row in empty_lab.ledger.rows("SELECT * FROM artifact")] == before


def test_totals_of_decisions_are_recorded_with_what_was_kept(empty_lab: Lab) -> None:
    stats = {"decisions": {"kept": 7, "too-short": 2}}
    empty_lab.make(Spec("corpus", "main", "test/1"), lambda folder: stats)
    rows = empty_lab.ledger.rows("SELECT reason, kept, documents FROM decision_total ORDER BY reason")
    assert [tuple(row) for row in rows] == [("kept", 1, 7), ("too-short", 0, 2)]


def test_a_transaction_that_fails_leaves_nothing_and_the_next_one_works(ledger: Ledger) -> None:
    query = "INSERT INTO run (command, code, pid, started_at, status) VALUES ('x', '', 1, '', 'running')"

    def fail() -> None:
        with ledger.transaction() as db:
            db.execute(query)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert ledger.rows("SELECT count(*) FROM run")[0][0] == 0
    with ledger.transaction() as db:
        db.execute(query)
    assert ledger.rows("SELECT count(*) FROM run")[0][0] == 1


@pytest.mark.parametrize("status", ["done", "failed", "interrupted"])
def test_a_run_is_entered_when_it_starts_and_closed_with_its_status(ledger: Ledger, status: str) -> None:
    run = ledger.start_run("glaswerk train")
    (row,) = ledger.rows("SELECT * FROM run")
    assert (row["command"], row["status"], row["finished_at"]) == ("glaswerk train", "running", None)
    ledger.finish_run(run, status, 1.5, 3.0, "words")
    (row,) = ledger.rows("SELECT * FROM run")
    assert (row["status"], row["seconds"], row["cpu_seconds"], row["message"]) == (status, 1.5, 3.0, "words")
    assert row["started_at"] <= row["finished_at"]


def test_runs_are_numbered_and_closing_one_leaves_the_others(ledger: Ledger) -> None:
    first, second = ledger.start_run("a"), ledger.start_run("b")
    assert first != second
    ledger.finish_run(second, "done", 0, 0)
    rows = ledger.rows("SELECT id, status FROM run ORDER BY id")
    assert [tuple(row) for row in rows] == [(first, "running"), (second, "done")]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00"])
def test_a_damaged_config_is_an_error_that_says_what_to_do(ledger: Ledger, text: str) -> None:
    with pytest.raises(GlaswerkError, match="expected JSON, found") as error:
        ledger.parsed(text)
    assert "move ledger.db aside" in str(error.value.hint)


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_a_ledger_of_any_earlier_version_is_brought_up_to_date_and_keeps_its_rows(
    tmp_path: Path, version: int
) -> None:
    path = tmp_path / "ledger.db"
    db = sqlite3.connect(path)
    for script in MIGRATIONS[:version]:
        db.executescript(script)
    if version:
        db.execute(
            "INSERT INTO run (command, code, pid, started_at, status) VALUES ('old', '', 1, '', 'done')"
        )
    db.execute(f"PRAGMA user_version = {version}")
    db.commit()
    db.close()
    ledger = Ledger(path)
    assert ledger.rows("PRAGMA user_version")[0][0] == len(MIGRATIONS)
    assert [row["command"] for row in ledger.rows("SELECT command FROM run")] == ["old"] * bool(version)
    assert ledger.rows("SELECT * FROM exposure") == ledger.rows("SELECT * FROM manifest") == []
    ledger.close()


def test_opening_a_ledger_twice_at_once_sees_the_same_rows(ledger: Ledger) -> None:
    other = Ledger(ledger.path)
    ledger.start_run("a")
    assert [row["command"] for row in other.rows("SELECT command FROM run")] == ["a"]
    other.close()


def test_a_sound_file_passes_the_check_and_a_damaged_one_is_named(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.db")
    for number in range(300):
        ledger.start_run(f"glaswerk {number} " + "x" * 200)
    ledger.check()
    ledger.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    ledger.close()
    data = bytearray((tmp_path / "ledger.db").read_bytes())
    data[8192:16384] = b"\xff" * 8192
    (tmp_path / "ledger.db").write_bytes(bytes(data))

    def read() -> None:
        damaged = Ledger(tmp_path / "ledger.db")
        try:
            damaged.check()
        finally:
            damaged.close()

    with pytest.raises(GlaswerkError, match=r"ledger\.db cannot be read"):
        read()


def test_a_query_of_a_table_that_is_gone_is_damage_and_one_against_a_rule_is_not(ledger: Ledger) -> None:
    with pytest.raises(GlaswerkError, match="no such table"):
        ledger.rows("SELECT * FROM none_such")
    with pytest.raises(sqlite3.IntegrityError):
        ledger.rows("INSERT INTO run (command) VALUES (NULL)")


def test_an_edge_needs_its_child_in_the_ledger_but_not_its_parent(empty_lab: Lab, make: Make) -> None:
    made = make("corpus", "main")
    empty_lab.ledger.rows("INSERT INTO edge VALUES (?, 'other', 'gone')", made.id)
    with pytest.raises(sqlite3.IntegrityError):
        empty_lab.ledger.rows("INSERT INTO edge VALUES ('gone', 'other', ?)", made.id)
