"""`glaswerk chat` over the lab with a network that knows its dialogues by heart."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.chat_verb import command
from glaswerk.lab import Lab
from glaswerk.retrieve import build

from .conftest import BRIDGE, EVIL_ANSWER, EVIL_QUESTION

ASKED = "Is her name in the archive, does anybody remember?"
QUESTION = "Who built the old bridge?"


@pytest.mark.parametrize(("said", "author"), [([QUESTION], "town"), ([QUESTION, ASKED, QUESTION], "clara")])
def test_the_document_shown_with_an_answer_follows_the_whole_conversation(
    glass_folder: Path, said: list[str], author: str
) -> None:
    """Of the posts that hold the answer clara's alone tells of an archive."""
    options = ["--lab", str(glass_folder), "--temperature", "0", "--max-tokens", "30"]
    run = CliRunner().invoke(command, options, input="\n".join(said))
    assert run.exit_code == 0
    shown = [line for line in run.stderr.splitlines() if "“The old bridge over the Lind" in line]
    assert author in shown[-1]


def test_a_grounded_answer_is_quotes_and_what_they_bear_out(copy: Lab) -> None:
    build(copy, copy.need("corpus", "main", hint=""))
    said = "\n".join([QUESTION, "And when was that?", "Who is Elena Marchetti?"])
    run = CliRunner().invoke(command, ["--ground", "--lab", str(copy.root)], input=said)
    assert run.exit_code == 0, run.output
    first, second, third = run.stdout.split("\n\n\n")[:3]
    assert f"» {BRIDGE}" in first
    assert "1874" in second
    assert "nothing in your content" in third


def test_without_passages_a_grounded_chat_names_the_next_command(glass_folder: Path) -> None:
    run = CliRunner().invoke(command, ["--ground", QUESTION, "--lab", str(glass_folder)])
    assert getattr(run.exception, "hint", "") == "glaswerk index"


def talk(folder: Path, *lines: str) -> tuple[str, str]:
    """Standard output and standard error of a chat with these lines."""
    options = ["--lab", str(folder), "--temperature", "0", "--max-tokens", "30", "--no-sources"]
    run = CliRunner().invoke(command, options, input="\n".join(lines))
    assert run.exit_code == 0, run.output
    return run.stdout, run.stderr


def test_commands_in_the_chat_do_what_the_page_can(glass_folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "chat.md"
    saved = f"/save {file}"
    said, told = talk(glass_folder, "/help", QUESTION, "/sources", "/again", saved, saved, "/undo", "/again")
    assert said.count(BRIDGE) == 2
    assert "/temperature" in told
    assert "“The old bridge over the Lind" in told
    assert file.read_text() == f"## You\n\n{QUESTION}\n\n## chat/step-60\n\n{BRIDGE}\n"
    assert "expected a new file" in told
    assert "expected a question to answer" in told


def test_a_wrong_command_says_what_is_right_and_the_chat_goes_on(glass_folder: Path) -> None:
    wrong = [
        "/nothing",
        "/temperature hot",
        "/ground maybe",
        "/save",
        "/model nobody",
        "/save /no/such/place",
    ]
    said, told = talk(glass_folder, *wrong, "/model base", "/model chat", "/system", " /x", "/new", QUESTION)
    assert BRIDGE in said
    for words in (
        "/help",
        "from 0 to 2",
        "on or off",
        "a file to write",
        "no model named 'nobody'",
        "cannot write",
    ):
        assert words in told
    assert "* chat/step-60" in told
    assert "* base/step-0" in told


@pytest.mark.slow
def test_control_characters_of_an_answer_and_its_sources_are_shown_not_obeyed(evil_folder: Path) -> None:
    options = [EVIL_QUESTION, "--lab", str(evil_folder), "--temperature", "0"]
    run = CliRunner().invoke(command, options)
    assert run.exit_code == 0
    assert run.stdout.strip() == EVIL_ANSWER.translate({0x1B: r"\x1b", 0x07: r"\x07", 0x202E: r"\u202e"})
    assert "“" in run.stderr
    assert not {"\x1b", "\x07", "\u202e", "\u2066"} & set(run.stderr)
