"""Every hint in the package names commands and options that exist, and none deletes anything."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import glaswerk
from glaswerk.cli.main import cli

PACKAGE = Path(glaswerk.__file__).parent
# What a value in a hint stands for, where the word decides which command it is.
STANDS_FOR = {
    "here": "",
    "DEFAULT_JOIN": "threads",
    "kind": "model",
    "chosen[0].kind": "model",
    "found.kind": "model",
    "pairs": "FILE",
    "policy": "FILE",
}
# Begins a clause that is no longer part of the command.
_PROSE = re.compile(
    r"[;,:`()]|&&|…|\b(?:and|then|or|with the same|with milestones|on the|alone|all|the right|again|is|works|"
    r"lists|prints|shows|names|makes|writes|finds|tunes|keeps|renews|rebuilds)\b"
)
_DELETES = re.compile(
    r"\brm -|^rm |\b(?:remove|delete) (?:the |that |its |this )?"
    r"(?:source's |run's )?(?:folder|file|source|artifact|run\b|7|/)"
)
_TAKE_HINTS = ("fail", "echo_error", "next_step", "aside")


def _text(node: ast.expr) -> str | None:
    """The words of a hint; a value in it becomes a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [
            str(part.value)
            if isinstance(part, ast.Constant)
            else STANDS_FOR.get(ast.unparse(part.value), "7")
            for part in node.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        ]
        return "".join(parts)
    return None


def _texts(node: ast.expr) -> Iterator[str]:
    for one in ast.walk(node):
        if isinstance(one, ast.expr) and not isinstance(getattr(one, "parent", None), ast.JoinedStr):
            words = _text(one)
            if words:
                yield words


def _hints(path: Path) -> Iterator[tuple[str, str]]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            child.parent = node  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        values: list[ast.expr] = []
        if isinstance(node, ast.Call):
            values += [keyword.value for keyword in node.keywords if keyword.arg == "hint"]
            if isinstance(node.func, ast.Name) and node.func.id in (
                "fail",
                "echo_error",
                "next_step",
                "aside",
            ):
                values += node.args[-1:]
        elif isinstance(node, ast.Assign):
            names = {one.id.lower().strip("_") for one in node.targets if isinstance(one, ast.Name)}
            if names & {"hint", "again"}:
                values.append(node.value)
        elif isinstance(node, ast.FunctionDef) and node.name.endswith(("_hint", "_command")):
            values += [one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value]
        elif isinstance(node, ast.Constant) and "hint: " in str(node.value):
            values.append(ast.Constant(str(node.value).partition("hint: ")[2]))
        for value in values:
            for words in _texts(value):
                yield path.relative_to(PACKAGE).as_posix(), words


HINTS = sorted({found for path in PACKAGE.rglob("*.py") for found in _hints(path)})


def _command(words: list[str]) -> tuple[click.Command, list[str]]:
    command: click.Command = cli
    while isinstance(command, click.Group):
        with click.Context(command) as context:
            found = command.get_command(context, words[0] if words else "")
        assert found is not None, f"no command {' '.join(words)!r}"
        command, words = found, words[1:]
    return command, words


def _options(command: click.Command) -> set[str]:
    return {name for parameter in command.params for name in parameter.opts + parameter.secondary_opts}


def _all_options(command: click.Command) -> set[str]:
    if not isinstance(command, click.Group):
        return _options(command)
    with click.Context(command) as context:
        below = [command.get_command(context, name) for name in command.list_commands(context)]
    return {name for one in below if one for name in _all_options(one)}


def test_the_hints_are_found() -> None:
    assert len(HINTS) > 250
    assert ("cli/talk.py", "glaswerk tune") in HINTS


@pytest.mark.parametrize("hint", HINTS, ids=lambda hint: f"{hint[0]}: {hint[1][:50]}")
def test_a_hint_names_what_exists_and_deletes_nothing(hint: tuple[str, str]) -> None:
    words = hint[1]
    assert not _DELETES.search(words), "a hint must not delete"
    for found in re.finditer(r"\bglaswerk (?=[a-z])", words):
        clause = _PROSE.split(words[found.end() :].split(" glaswerk ")[0])[0]
        command, rest = _command([word for word in shlex.split(clause) if word])
        for option in (word.partition("=")[0] for word in rest if re.fullmatch(r"--[a-z][a-z-]*.*", word)):
            assert option in _options(command), f"{command.name} has no {option}"
    own = re.sub(r"\b(?:zstd|soffice)\b.*", "", words)  # options of other programs
    for option in re.findall(r"(?<!\S)--[a-z][a-z-]+", own):
        assert option in _all_options(cli) | {"--nproc-per-node"}, f"no command has {option}"


def _complete() -> list[str]:
    """Hints that are a command and nothing else, with words in capitals for what the user fills in."""
    whole = re.compile(r"glaswerk( [a-z][a-z-]*){1,2}( --[a-z-]+( [\w./:-]+)?| [A-Z7][\w./:-]*| \"[^\"]+\")*")
    return sorted({words for _, words in HINTS if whole.fullmatch(words)})


@pytest.mark.parametrize("words", _complete())
def test_a_hint_that_is_a_command_parses_with_nothing_missing(words: str) -> None:
    command, rest = _command(shlex.split(words)[1:])
    # Files of the user's own are not there; that an argument is missing is another error.
    there = [__file__ if re.match(r"(?:FILE|FOLDER|ARCHIVE|KEY|town/)", word) else word for word in rest]
    with command.make_context("glaswerk", there) as context:
        assert context.command is command
