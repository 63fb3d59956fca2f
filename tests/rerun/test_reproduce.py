"""Reproducing a model: the same digests from stored sources on, and a loud failure where a byte differs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.rerun.reproduce import lineage, prepare


def run(*words: str) -> Any:
    return CliRunner().invoke(cli, ["reproduce", *words], standalone_mode=False)


@pytest.mark.slow
def test_every_digest_of_a_chat_model_comes_out_as_recorded(lab_folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    result = run("chat", "--lab", str(lab_folder), "--to", str(again), "--json")
    assert result.exception is None, result.output
    rows = json.loads(result.stdout)
    assert [(row["kind"], row["copied"]) for row in rows[:3]] == [("source", True)] * 3
    assert [row["kind"] for row in rows[3:]] == ["corpus", "tokenizer", "shards", "model", "model"]
    assert all(row["equal"] and row["recorded"] == row["made"] for row in rows)
    manifest = again / "corpora" / "main" / "manifest.json"
    before = manifest.stat().st_mtime_ns
    assert run("chat", "--lab", str(lab_folder), "--to", str(again)).exception is None
    assert manifest.stat().st_mtime_ns == before, "what is there is not made again"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("sources/posts/documents.parquet", "source posts is not as recorded: documents.parquet: altered"),
        ("shards/main.main/train.bin", "shards main.main is not as recorded: train.bin: altered"),
        ("models/base/*/model.safetensors", "is not as recorded: model.safetensors: altered"),
        ("models/base/*/manifest.json", "is not as recorded: manifest.json: differs from the ledger"),
        (
            "corpora/main/manifest.json",
            "corpus main is not as recorded: manifest.json: differs from the ledger",
        ),
    ],
)
def test_one_changed_byte_fails_by_name_before_anything_is_made(
    own_lab: Path, tmp_path: Path, file: str, words: str
) -> None:
    (path,) = own_lab.glob(file)
    data = bytearray(path.read_bytes())
    # In a manifest the last digit of a figure, so that it can still be read.
    digits = [i for i, byte in enumerate(data) if chr(byte).isdigit()]
    at = digits[-1] if path.suffix == ".json" else len(data) // 2
    data[at] ^= 1
    path.write_bytes(data)
    result = run("base", "--lab", str(own_lab), "--to", str(tmp_path / "again"))
    assert isinstance(result.exception, GlaswerkError)
    assert words in str(result.exception)
    assert not (tmp_path / "again").exists()


def test_an_altered_id_fails_by_name(own_lab: Path, tmp_path: Path) -> None:
    (path,) = own_lab.glob("models/chat/*/manifest.json")
    manifest = json.loads(path.read_text())
    manifest["id"] = manifest["id"][:-1] + ("0" if manifest["id"][-1] != "0" else "1")
    path.write_text(json.dumps(manifest))
    result = run("chat", "--lab", str(own_lab), "--to", str(tmp_path / "again"))
    assert isinstance(result.exception, GlaswerkError)
    assert f"model {manifest['name']} is not as recorded: manifest.json: differs from" in str(
        result.exception
    )
    assert f"model:{manifest['name']} shows what was altered" in str(result.exception.hint)
    assert not (tmp_path / "again").exists()


def test_the_first_artifact_that_comes_out_otherwise_is_named(own_lab: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    lab = Lab.open(own_lab)
    base = lab.latest("model", "base")
    assert base is not None
    prepare(lab, base, again)
    lab.ledger.close()
    # A copy that an earlier run left, damaged since.
    shutil.copytree(own_lab / "sources" / "posts", again / "sources" / "posts")
    file = again / "sources" / "posts" / "documents.parquet"
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    result = run("base", "--lab", str(own_lab), "--to", str(again))
    assert "source posts is not as recorded; the first difference: documents.parquet" in str(result.exception)
    assert "DIFFERS in documents.parquet" in result.stdout
    assert not (again / "corpora").exists()


def test_a_dry_run_lists_the_steps_and_makes_nothing(lab_folder: Path, tmp_path: Path) -> None:
    result = run("chat", "--lab", str(lab_folder), "--to", str(tmp_path / "again"), "--dry-run")
    words = [line.split("  (")[0] for line in result.stdout.splitlines()]
    assert words[:1] == ["copy  source chats"]
    assert words[-1].startswith("make  model chat/step-")
    assert not (tmp_path / "again").exists()


def test_a_folder_with_something_else_in_it_is_refused(lab_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear Anna")
    result = run("base", "--lab", str(lab_folder), "--to", str(tmp_path))
    assert "expected an empty folder" in str(result.exception)


def test_what_is_missing_or_forgotten_is_named(own_lab: Path) -> None:
    lab = Lab.open(own_lab)
    base = lab.latest("model", "base")
    gazette = lab.find("source", "gazette")
    assert base is not None
    assert gazette is not None
    Forgotten((Tombstone("id", "x:1"),)).write(lab.root)
    with pytest.raises(GlaswerkError, match="content of the corpus main was forgotten since"):
        lineage(lab, base)
    Forgotten().write(lab.root)
    lab.remove(gazette)
    with pytest.raises(GlaswerkError, match="corpus main was made from a source gazette that is no longer"):
        lineage(lab, base)
    lab.ledger.close()


def test_an_unknown_model_is_told_what_there_is(lab_folder: Path) -> None:
    assert "models: base/step-" in str(run("nobody", "--lab", str(lab_folder)).exception)
