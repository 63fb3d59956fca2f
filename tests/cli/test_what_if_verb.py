"""`glaswerk what-if`: it says what a deletion would take, and changes nothing unless it is told to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Lab
from glaswerk.train import TuneConfig, tune


def run(lab: Path, *words: str) -> str:
    result = CliRunner().invoke(cli, ["what-if", "--lab", str(lab), *words], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def author(lab: Path) -> str:
    rows = read_rows(lab / "corpora" / "main" / "documents.parquet", ["author", "split"])
    return next(row["author"] for row in rows if row["author"] and row["split"] == "train")


def files(lab: Path) -> dict[str, int]:
    """Every file with its time of change, but for SQLite's side files, which come with reading."""
    found = (path for path in lab.rglob("*") if path.is_file() and not path.name.startswith("ledger.db"))
    return {str(path): path.stat().st_mtime_ns for path in found}


def test_it_names_what_holds_the_documents_and_prices_three_ways_out(lab_folder: Path) -> None:
    before = files(lab_folder)
    name = author(lab_folder)
    found = json.loads(run(lab_folder, "--author", name, "--price-per-hour", "2", "--json"))
    assert found["documents"]["posts"] == len(found["ids"])
    assert [row["name"] for row in found["corpora"]] == ["main"]
    assert found["traces"] == ["main.main"]
    for model in found["models"]:
        assert [option["name"] for option in model["options"]] == ["rebuild", "replay", "keep"]
        assert 0 <= model["first_step"] < model["steps"]
        assert model["options"][0]["price"] is not None
    assert files(lab_folder) == before
    words = run(lab_folder, "--author", name, "--model", "base")
    assert "model      base/step-" in words
    assert "model      chat/" not in words


def test_what_is_not_forgotten_is_not_carried_out(lab_folder: Path) -> None:
    with pytest.raises(GlaswerkError, match="are not forgotten yet") as told:
        run(lab_folder, "--author", author(lab_folder), "--model", "base", "--do", "replay")
    assert "glaswerk forget" in str(told.value.hint)
    with pytest.raises(GlaswerkError, match="--do takes one model"):
        run(lab_folder, "--author", author(lab_folder), "--do", "rebuild")


def test_unknown_names_are_told_what_there_is(lab_folder: Path) -> None:
    known = author(lab_folder)
    with pytest.raises(GlaswerkError, match=r"no model named 'nobody' \(models: base/step-"):
        run(lab_folder, "--author", known, "--model", "nobody")
    with pytest.raises(GlaswerkError, match="expected what to forget"):
        run(lab_folder)
    with pytest.raises(
        GlaswerkError, match=f"no document of author '{known}x' .*most similar names: {known}"
    ) as told:
        run(lab_folder, "--author", f"{known}x")
    assert "glaswerk search" in str(told.value.hint)
    with pytest.raises(GlaswerkError, match=r"of id 'x:0', nor of 1 more \(the most similar names: x:"):
        run(lab_folder, "--source", "nothing", "--id", "x:0")


def learnt(lab: Path) -> dict[str, dict[str, Any]]:
    """What `status` says that each model learnt of forgotten content."""
    said = CliRunner().invoke(cli, ["status", "--json", "--lab", str(lab)], catch_exceptions=False).stdout
    return {row["name"]: row["forgotten"] for row in json.loads(said) if row["kind"] == "model"}


def reached(lab: Path, name: str) -> dict[str, dict[str, Any]]:
    """What `what-if` says of the same."""
    rows = json.loads(run(lab, "--author", name, "--json"))["models"]
    fields = ("documents", "tokens", "tokens_seen", "certain")
    return {row["name"]: {field: row[field] for field in fields} for row in rows}


@pytest.mark.slow
def test_status_counts_what_what_if_counts_for_models_of_several_stages(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    with lab.writing():
        tune(lab, TuneConfig(epochs=0.3), base="chat", name="again")
    lab.ledger.close()
    name = author(own_lab)
    before = reached(own_lab, name)
    CliRunner().invoke(cli, ["forget", "--author", name, "--lab", str(own_lab)], catch_exceptions=False)
    assert [one.partition("/")[0] for one in before] == ["base", "chat", "again"]
    assert learnt(own_lab) == before == reached(own_lab, name)
    base, chat, again = (row["tokens_seen"] for row in before.values())
    assert 0 < base < chat < again
    # Rebuilt or not, what was learnt is the same.
    CliRunner().invoke(cli, ["rebuild", "--lab", str(own_lab)], catch_exceptions=False)
    assert learnt(own_lab) == before == reached(own_lab, name)


def test_what_a_model_saw_of_it_is_counted_over_all_stages_and_everywhere_alike(lab_folder: Path) -> None:
    # The epochs of a run over its own data are no figure of how often a replayed document was seen.
    name = author(lab_folder)
    models = {row["name"]: row for row in json.loads(run(lab_folder, "--author", name, "--json"))["models"]}
    forget = ["forget", "--author", name, "--dry-run", "--lab", str(lab_folder)]
    lines = CliRunner().invoke(cli, forget, catch_exceptions=False).stdout.splitlines()
    said = {line.split()[1]: line for line in lines if line.startswith("model ")}
    assert said.keys() == models.keys()
    for model, row in models.items():
        assert f"{row['tokens']:,} tokens, {row['tokens_seen']:,} in all epochs)" in said[model]
