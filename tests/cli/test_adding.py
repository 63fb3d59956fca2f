"""`add --dry-run` and `--map`: what would come in is shown, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from json_shape import faults

from glaswerk.cli.json_fields import JSON_FIELDS
from glaswerk.cli.main import cli
from glaswerk.lab import Lab

SPEECHES = [{"Rede": f"Die Mühle dreht sich {n}-mal.", "Sprecher": f"Ada{n % 2}", "n": n} for n in range(12)]


def run(lab: Lab, *words: str) -> Result:
    return CliRunner().invoke(cli, ["add", *words, "--lab", str(lab.root)], prog_name="glaswerk")


def everything(lab: Lab) -> list[tuple[str, int]]:
    return sorted((str(path), path.stat().st_mtime_ns) for path in lab.root.rglob("*"))


@pytest.fixture
def speeches(tmp_path: Path) -> Path:
    file = tmp_path / "speeches.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in [*SPEECHES, {"Rede": " ", "Sprecher": "x"}]))
    return file


MAPPED = ("--map", "text=Rede,author=Sprecher", "--licence", "PD", "--acquired", "public")


def test_ten_documents_are_shown_as_they_would_come_in_with_counts(empty_lab: Lab, speeches: Path) -> None:
    before = everything(empty_lab)
    result = run(empty_lab, "docs", str(speeches), *MAPPED, "--dry-run")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) == 22
    assert "Ada" in lines[0]
    assert "Die Mühle dreht sich" in lines[1]
    assert lines[-2:] == [
        "12 documents would come in; nothing was written",
        "left out: no_text 1  (glaswerk explain no_text)",
    ]
    assert everything(empty_lab) == before


def test_a_dry_run_as_json_has_the_rows_and_the_figures(empty_lab: Lab, speeches: Path) -> None:
    result = run(empty_lab, "docs", str(speeches), *MAPPED, "--dry-run", "--json")
    printed = json.loads(result.stdout)
    assert faults(printed, JSON_FIELDS["add docs"]) == []
    assert (printed["dry_run"], printed["path"]) == (True, "")
    assert len(printed["rows"]) == 10
    assert printed["rows"][0].keys() >= {"id", "text", "author", "licence"}
    assert printed["stats"]["left_out"] == {"no_text": 1}
    assert printed["config"]["map"] == {"author": "Sprecher"}
    assert empty_lab.all("source") == []


def test_without_dry_run_the_same_comes_in(empty_lab: Lab, speeches: Path) -> None:
    assert run(empty_lab, "docs", str(speeches), *MAPPED).exit_code == 0
    (source,) = empty_lab.all("source")
    assert source.stats["documents"] == 12


def test_dialogues_and_posts_have_a_dry_run_as_well(empty_lab: Lab, town: Path, tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "Where?"}, {"role": "assistant", "content": "\x1b[2JThere."}]
    (tmp_path / "chats.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    shown = run(empty_lab, "chats", str(tmp_path / "chats.jsonl"), "--licence", "own", "--dry-run")
    assert "1 document would come in; nothing was written" in shown.stdout
    assert "\x1b" not in shown.stdout
    archive = next((town / "archives").glob("*.zip"))
    shown = run(empty_lab, "posts", str(archive), "--licence", "own", "--dry-run")
    assert "would come in; nothing was written" in shown.stdout
    assert empty_lab.all("source") == []


def test_what_is_wrong_is_wrong_in_a_dry_run_too(empty_lab: Lab, speeches: Path) -> None:
    words = ("docs", str(speeches), "--licence", "PD", "--dry-run")
    assert run(empty_lab, *words, "--map", "text=Rede,author=Sprecherin").exit_code == 1
    assert run(empty_lab, *words, "--map", "colour=red").exit_code == 1
    (speeches.parent / "more").mkdir()
    (speeches.parent / "more" / "bad.jsonl").write_text("{]\n")
    (speeches.parent / "more" / "good.txt").write_text("The old mill stands by the river.")
    assert (
        run(empty_lab, "docs", str(speeches.parent / "more"), "--licence", "PD", "--dry-run").exit_code == 3
    )


def test_dates_that_were_not_understood_are_counted_on_screen(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [
        {"text": f"Document {n}.", "date": date} for n, date in enumerate([2019, "3/4/2019", "2019-03-12"])
    ]
    (tmp_path / "rows.json").write_text(json.dumps(rows))
    result = run(empty_lab, "docs", str(tmp_path / "rows.json"), "--licence", "own")
    assert result.stdout.splitlines()[1:] == [
        "added without a date: unparsed_date 2  (glaswerk explain unparsed_date)"
    ]
