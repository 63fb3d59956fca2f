"""`add`: what each kind refuses, in words, and what reaches the lab."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


def run(lab: Lab, *words: str, input: str | bytes | None = None) -> Result:
    words = ("add", *words, "--lab", str(lab.root))
    return CliRunner().invoke(cli, words, standalone_mode=False, input=input)


@pytest.fixture
def note(tmp_path: Path) -> Path:
    file = tmp_path / "note.md"
    file.write_text("The old mill stands by the river, and its wheel still turns.")
    return file


@pytest.mark.parametrize("kind", ["posts", "docs", "chats", "preferences", "images"])
def test_every_kind_of_content_needs_a_licence(empty_lab: Lab, note: Path, kind: str) -> None:
    error = run(empty_lab, kind, str(note)).exception
    assert isinstance(error, click.MissingParameter)
    assert "--licence" in error.format_message()
    assert empty_lab.all("source") == []


@pytest.mark.parametrize("kind", ["posts", "docs", "chats", "preferences", "images", "evaluations"])
def test_every_kind_needs_something_to_add(empty_lab: Lab, kind: str) -> None:
    error = run(empty_lab, kind, "--licence", "own").exception if kind != "evaluations" else None
    error = error or run(empty_lab, kind).exception
    assert isinstance(error, click.MissingParameter)
    assert "PATHS" in error.format_message()


def test_licence_author_and_origin_reach_every_document(empty_lab: Lab, note: Path) -> None:
    words = ("--license", "CC-BY-4.0", "--author", "Ada", "--acquired", "licensed", "--name", "notes")
    assert run(empty_lab, "docs", str(note), *words).exception is None
    (source,) = empty_lab.all("source")
    assert source.name == "notes"
    kept = {key: source.config[key] for key in ("licence", "author", "acquired")}
    assert kept == {"licence": "CC-BY-4.0", "author": "Ada", "acquired": "licensed"}


def test_adding_the_same_again_changes_nothing(empty_lab: Lab, note: Path) -> None:
    first = run(empty_lab, "docs", str(note), "--licence", "own", "--json")
    again = run(empty_lab, "docs", str(note), "--licence", "own", "--json")
    assert json.loads(first.stdout) == json.loads(again.stdout)


def test_standard_input_is_a_document(empty_lab: Lab) -> None:
    result = run(empty_lab, "docs", "-", "--licence", "own", input="Grüße aus der alten Mühle am Fluss.")
    assert result.exception is None
    assert "documents 1" in result.stdout


def test_a_file_in_another_encoding_is_read_when_it_is_named(empty_lab: Lab, tmp_path: Path) -> None:
    file = tmp_path / "old.txt"
    file.write_bytes("Grüße aus der alten Mühle am Fluss.".encode("cp1252"))
    refused = run(empty_lab, "docs", str(file), "--licence", "own")
    assert isinstance(refused.exception, GlaswerkError)
    assert (
        run(empty_lab, "docs", str(file), "--licence", "own", "--encoding", "windows-1252").exception is None
    )


def test_an_unknown_origin_is_refused_with_those_there_are(empty_lab: Lab, note: Path) -> None:
    error = run(empty_lab, "docs", str(note), "--licence", "own", "--acquired", "stolen").exception
    assert isinstance(error, (GlaswerkError, click.UsageError))
    assert "stolen" in str(error)


@pytest.mark.parametrize(
    "words", [("--deleted",), ("--limited",), ("--direct-messages",), ("--author", "x"), ("--join", "posts")]
)
def test_likes_take_no_option_for_own_posts(empty_lab: Lab, note: Path, words: tuple[str, ...]) -> None:
    error = run(empty_lab, "posts", str(note), "--licence", "own", "--likes", *words).exception
    assert isinstance(error, GlaswerkError)
    assert error.message.startswith("expected --likes without")


def test_what_was_written_is_not_kept_when_a_later_file_is_broken(empty_lab: Lab, note: Path) -> None:
    broken = note.with_name("broken.parquet")
    broken.write_bytes(b"PAR1" + b"\0" * 50)
    result = run(empty_lab, "docs", str(note), str(broken), "--licence", "own")
    assert isinstance(result.exception, GlaswerkError)
    assert "broken.parquet" in result.exception.message
    assert empty_lab.all("source") == []
