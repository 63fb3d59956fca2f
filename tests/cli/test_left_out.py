"""What `add` and `curate` leave out is on screen, and the exit code says if a file was bad."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.left_out import EXIT_INCOMPLETE
from glaswerk.cli.main import cli
from glaswerk.lab import Lab

TEXT = "The old mill stands by the river, and its wheel still turns."


def run(lab: Lab, *words: str) -> Result:
    return CliRunner().invoke(cli, [*words, "--lab", str(lab.root)], prog_name="glaswerk")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    made.mkdir()
    (made / "good.txt").write_text(TEXT)
    return made


def test_counts_by_reason_follow_the_new_source(empty_lab: Lab, folder: Path) -> None:
    (folder / "empty.txt").write_text(" ")
    (folder / "blank.txt").write_text("\n")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0")
    result = run(empty_lab, "add", "docs", str(folder), "--licence", "own")
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert "documents 1" in first
    assert second == "left out: no_text 2, unsupported_file 1  (glaswerk explain no_text)"
    assert CliRunner().invoke(cli, ["explain", "no_text"]).exit_code == 0


def test_nothing_is_said_where_nothing_was_left_out(empty_lab: Lab, folder: Path) -> None:
    result = run(empty_lab, "add", "docs", str(folder), "--licence", "own")
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == ""


def test_a_bad_file_is_named_with_its_fault_and_its_own_exit_code(empty_lab: Lab, folder: Path) -> None:
    (folder / "bad\nfile.jsonl").write_text("{]\n")
    for _ in range(2):
        result = run(empty_lab, "add", "docs", str(folder), "--licence", "own")
        assert result.exit_code == EXIT_INCOMPLETE
        assert "left out: broken_file 1" in result.stdout
        first, last = result.stderr.splitlines()
        assert first.startswith(r"bad file: bad\nfile.jsonl: broken_file: expected a JSON object")
        assert last == "1 bad file left out"


def test_with_json_the_same_is_in_the_object(empty_lab: Lab, folder: Path) -> None:
    (folder / "bad.jsonl").write_text("{]\n")
    result = run(empty_lab, "add", "docs", str(folder), "--licence", "own", "--json")
    assert result.exit_code == EXIT_INCOMPLETE
    stats = json.loads(result.stdout)["stats"]
    assert stats["left_out"] == {"broken_file": 1}
    assert [bad["file"] for bad in stats["bad_files"]] == ["bad.jsonl"]


def test_strict_stops_with_the_exit_code_of_an_error(empty_lab: Lab, folder: Path) -> None:
    (folder / "bad.jsonl").write_text("{]\n")
    result = run(empty_lab, "add", "docs", str(folder), "--licence", "own", "--strict")
    assert result.exit_code == 1
    assert empty_lab.all("source") == []


def test_a_long_list_of_bad_files_is_cut_and_says_so(empty_lab: Lab, folder: Path) -> None:
    for number in range(15):
        (folder / f"{number:02}.jsonl").write_text("{]\n")
    lines = run(empty_lab, "add", "docs", str(folder), "--licence", "own").stderr.splitlines()
    assert len(lines) == 11
    assert lines[-1].startswith("15 bad files left out")


def test_curate_says_which_rules_dropped_what(empty_lab: Lab, folder: Path) -> None:
    for number in range(3):
        (folder / f"copy{number}.txt").write_text(TEXT)
    run(empty_lab, "add", "docs", str(folder), "--licence", "own")
    result = run(empty_lab, "curate", "--jobs", "1")
    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()
    assert "documents 4  kept 1" in first
    assert second == "dropped: exact-duplicate 3  (glaswerk explain exact-duplicate)"


def test_adding_again_what_was_forgotten_says_so(empty_lab: Lab, folder: Path) -> None:
    (folder / "rows.jsonl").write_text(json.dumps({"text": TEXT, "author": "ada"}) + "\n")
    run(empty_lab, "add", "docs", str(folder), "--licence", "own")
    run(empty_lab, "forget", "--author", "ada")
    again = run(empty_lab, "add", "docs", str(folder), "--licence", "own", "--name", "again")
    assert again.exit_code == 0
    assert "1 document is marked as forgotten" in again.stderr
    assert "glaswerk rebuild --purge" in again.stderr
    (folder / "rows.jsonl").write_text(json.dumps({"text": TEXT, "author": "bo"}) + "\n")
    other = run(empty_lab, "add", "docs", str(folder), "--licence", "own", "--name", "other")
    assert "forgotten" not in other.stderr
