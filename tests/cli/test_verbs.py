"""The help: one page of sections, examples first, nothing that does not parse."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.cli.verbs import ALIASES, GROUPS, HELPERS, MORE, SECTIONS, VERBS, WITHOUT_LAB, module_of

CLI = Path(module_of("x").replace(".", "/"))


def commands() -> Iterator[str]:
    """Every verb, and every word below a verb, as typed."""
    context = click.Context(cli)
    for verb in VERBS:
        yield verb
        command = cli.get_command(context, verb)
        if isinstance(command, click.Group):
            yield from (f"{verb} {word}" for word in command.commands)


COMMANDS = list(commands())


def options(command: click.Command) -> list[click.Option]:
    return [parameter for parameter in command.params if isinstance(parameter, click.Option)]


def help_of(words: str) -> str:
    result = CliRunner().invoke(cli, ["help", *words.split()], prog_name="glaswerk", terminal_width=110)
    assert result.exit_code == 0, result.output
    return result.output


def examples_of(words: str) -> list[str]:
    """The lines between usage and prose."""
    block = help_of(words).split("\n\n")[1]
    return [line.strip() for line in block.splitlines() if "glaswerk" in line]


def test_the_page_of_all_verbs_is_under_60_lines_of_80_columns() -> None:
    lines = help_of("").splitlines()
    assert len(lines) < 60
    assert max(map(len, lines)) <= 80


def test_the_page_has_the_sections_in_order_with_each_verb_once() -> None:
    page = help_of("")
    assert [line for line in page.splitlines() if line in SECTIONS] == list(SECTIONS)
    for verb in VERBS:
        listed = verb not in MORE and verb not in HELPERS
        assert len(re.findall(rf"^  {verb} +\w", page, re.MULTILINE)) == listed
    assert f"More: {', '.join(MORE)}" in " ".join(page.split())


def test_aliases_are_in_the_help_of_their_verb_and_not_in_the_list() -> None:
    page = help_of("")
    for alias, verb in ALIASES.items():
        assert alias not in VERBS
        assert f"  {alias} " not in page
        assert f"Also called `glaswerk {alias}`" in help_of(verb)
        assert help_of(alias).replace(f"glaswerk {alias}", f"glaswerk {verb}", 1) == help_of(verb)


@pytest.mark.parametrize("words", COMMANDS)
def test_a_help_opens_with_two_examples(words: str) -> None:
    found = examples_of(words)
    assert len(found) >= 2, found
    assert all("glaswerk" in example.split("#")[0] for example in found)


@pytest.mark.parametrize("words", COMMANDS)
def test_the_examples_of_a_help_parse(words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for example in examples_of(words):
        for given in split_at_operators(example):
            if "glaswerk" in given:
                assert left_over(given[given.index("glaswerk") + 1 :]) == []


def split_at_operators(line: str) -> Iterator[list[str]]:
    """The words of each command of a shell line; what follows > or < is a file."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&<>")
    lexer.whitespace_split = True
    found: list[str] = []
    for word in lexer:
        if set(word) <= set("|&<>"):
            yield found
            found = []
        else:
            found.append(word)
    yield found


def left_over(given: list[str]) -> list[str]:
    """Parse a command line, whose files need not exist; returns words that nothing takes."""
    command: click.Command | None = cli
    context = click.Context(cli)
    while isinstance(command, click.Group) and given:
        command = command.get_command(context, given.pop(0))
    assert command is not None, given
    # As click does, but for checking that files exist and values are valid.
    parsed = command.make_context(command.name, list(given), parent=context, resilient_parsing=True)
    missing = [p.name for p in options(command) if p.required and not parsed.params.get(p.name)]
    assert not missing, missing
    return parsed.args


@pytest.mark.parametrize("words", COMMANDS)
def test_the_prose_of_a_help_is_at_most_25_lines(words: str) -> None:
    text = help_of(words).split("\nOptions:")[0].split("\nCommands:")[0]
    assert len(text.splitlines()) <= 25


@pytest.mark.parametrize("words", [one for one in COMMANDS if one.split()[0] not in GROUPS])
def test_every_option_is_explained(words: str) -> None:
    command = cli.get_command(click.Context(cli), words)
    assert command is not None
    unexplained = [p.name for p in options(command) if not p.help]
    assert unexplained == []


@pytest.mark.parametrize("words", COMMANDS)
def test_a_verb_takes_a_lab_unless_it_is_listed_as_working_without(words: str) -> None:
    group, command = click.Context(cli), cli.get_command(click.Context(cli), words.split()[0])
    if isinstance(command, click.Group) and " " in words:
        command = command.get_command(group, words.split()[-1])
    assert command is not None
    if not isinstance(command, click.Group):
        takes = any(parameter.name == "lab_path" for parameter in command.params)
        assert takes is (words not in WITHOUT_LAB)


@pytest.mark.parametrize("words", COMMANDS)
def test_licence_is_accepted_in_both_spellings_wherever_it_is_an_option(words: str) -> None:
    page = help_of(words)
    assert ("--licence" in page.split("Options:")[-1]) == ("--license" in page.split("Options:")[-1])


def test_no_verb_imports_another_verb() -> None:
    folder = Path(__file__).parents[2] / "src" / CLI.parent
    for file in folder.glob("*_verb.py"):
        imported = set(re.findall(r"glaswerk\.cli\.(\w+_verb)\b", file.read_text()))
        assert imported == set(), file.name


def test_every_verb_has_a_module_and_every_module_of_a_verb_is_listed() -> None:
    folder = Path(__file__).parents[2] / "src" / CLI.parent
    there = {file.stem for file in folder.glob("*_verb.py")}
    assert {module_of(verb).rpartition(".")[2] for verb in VERBS} == there
