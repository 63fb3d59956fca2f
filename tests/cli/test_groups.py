"""Typing errors get the nearest word, nothing gets what was expected, and errors repeat --lab."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.groups import MisspeltCommand, examples_first, expected_words, help_of, nearest
from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, words, prog_name="glaswerk", standalone_mode=False)


def refused(*words: str) -> MisspeltCommand:
    error = run(*words).exception
    assert isinstance(error, MisspeltCommand), error
    return error


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("stauts", "status"),
        ("STATUS", "status"),
        ("tran", "train"),
        ("models", "model"),
        ("what_if", "what-if"),
        ("imprt", "import"),
        ("evaluat", "evaluate"),
        ("serach", "search"),
    ],
)
def test_a_misspelt_verb_is_answered_with_the_one_that_was_meant(typed: str, meant: str) -> None:
    error = refused(typed)
    assert error.format_message() == f"expected a verb, found {typed!r}"
    assert error.hint.startswith(f"did you mean `{meant}`")
    assert error.exit_code == 2


def test_a_word_like_no_verb_gets_the_list_alone() -> None:
    assert refused("frobnicate").hint == "`glaswerk help` lists all"


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("add", "psots"), "posts"),
        (("model", "list"), "ls"),
        (("corpus", "sho"), "show"),
        (("source", "delete"), None),
    ],
)
def test_a_misspelt_word_below_a_verb_is_answered_with_those_there_are(
    words: tuple[str, ...], meant: str | None
) -> None:
    error = refused(*words)
    assert f"after `glaswerk {words[0]}`, found {words[1]!r}" in error.format_message()
    assert error.hint.endswith(f"`glaswerk help {words[0]}` lists all")
    assert ("did you mean" in error.hint) is (meant is not None)
    assert meant is None or f"`{meant}`" in error.hint


@pytest.mark.parametrize("group", ["add", "model", "source", "corpus"])
def test_a_verb_that_needs_a_second_word_says_which_there_are(group: str) -> None:
    error = refused(group)
    assert error.format_message().startswith("expected ")
    assert error.format_message().endswith(f"after `glaswerk {group}`, found nothing")
    assert error.hint == f"glaswerk help {group}"


def test_a_misspelt_word_of_help_is_answered_like_the_verb_itself() -> None:
    assert "`train`" in refused("help", "tarin").hint
    assert "`posts`" in refused("help", "add", "post").hint


def test_help_of_more_words_than_there_are_is_refused() -> None:
    error = run("help", "train", "fast").exception
    assert isinstance(error, click.UsageError)
    assert "expected nothing after `glaswerk train`, found 'fast'" in error.format_message()


def test_help_and_the_option_print_the_same() -> None:
    for words in (("train",), ("add", "docs"), ("model", "rm")):
        assert run("help", *words).output == run(*words, "--help").output


def test_a_hostile_word_cannot_steer_the_terminal_or_fill_it() -> None:
    message = refused("\x1b[2Jx" + "y" * 5000).format_message()
    assert "\x1b" not in message
    assert len(message) < 200


def test_the_words_that_are_expected_read_as_a_sentence() -> None:
    assert expected_words(["ls"]) == "ls"
    assert expected_words(["ls", "rm"]) == "ls or rm"
    assert expected_words(["ls", "show", "rm"]) == "ls, show or rm"


def test_nearest_names_are_few_and_similar() -> None:
    known = ["train", "trace", "trail", "track", "tune"]
    assert set(nearest("trai", known)[:2]) == {"train", "trail"}
    assert len(nearest("tra", known)) <= 3
    assert nearest("zzz", known) == []


def test_an_error_repeats_the_lab_that_was_given(tmp_path: Path) -> None:
    lab = str(tmp_path / "my lab")
    assert run("init", lab).exception is None
    error = run("tokenizer", "--lab", lab).exception
    assert isinstance(error, GlaswerkError)
    assert error.hint == f"glaswerk curate --lab '{lab}'"


def test_an_error_of_a_lab_found_by_itself_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("init", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    error = run("tokenizer").exception
    assert isinstance(error, GlaswerkError)
    assert error.hint == "glaswerk curate"


def test_examples_move_before_the_prose_once_and_the_first_sentence_stays_the_short_help() -> None:
    command = click.Command("x", help="Do a thing.\n\nMore on it.\n\n\b\nglaswerk x\nglaswerk x -y\n")
    examples_first(command)
    moved = command.help
    assert moved == "\b\nglaswerk x\nglaswerk x -y\n\nDo a thing.\n\nMore on it."
    assert command.short_help == "Do a thing"
    assert examples_first(command).help == moved


@pytest.mark.parametrize("text", [None, "", "Prose alone."])
def test_a_help_without_examples_stays_as_it_is(text: str | None) -> None:
    assert examples_first(click.Command("x", help=text)).help == text


def test_the_command_that_helps_is_built_from_the_path() -> None:
    root = click.Context(cli, info_name="glaswerk")
    assert help_of(root) == "glaswerk help"
    assert (
        help_of(click.Context(click.Command("posts"), info_name="posts", parent=root))
        == "glaswerk help posts"
    )


def completed(line: str) -> list[str]:
    """What bash would offer after this line."""
    words = {**os.environ, "_GLASWERK_COMPLETE": "bash_complete", "COMP_WORDS": line}
    words["COMP_CWORD"] = str(len(line.split(" ")) - 1)
    found = subprocess.run([sys.executable, "-m", "glaswerk"], capture_output=True, text=True, env=words)
    return [one.partition(",")[2] for one in found.stdout.split()]


def test_a_shell_completes_verbs_words_and_options() -> None:
    assert completed("glaswerk tr") == ["train", "trace"]
    assert completed("glaswerk model s") == ["show"]
    assert completed("glaswerk train --pre") == ["--precision"]
