"""The README's commands exist as they are written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from glaswerk.cli.main import VERBS, cli

ROOT = Path(__file__).parent.parent
_BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
_COMMANDS = [
    part.strip()
    for block in _BLOCKS
    for line in block.splitlines()
    for part in line.split("#")[0].split("&&")
    if part.strip().startswith("glaswerk ")
]


@pytest.mark.parametrize("command", sorted(set(_COMMANDS)))
def test_each_command_of_the_readme_parses(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(command)[1:]
    for i, word in enumerate(words):
        if word.startswith("~") or word.endswith((".tar", ".key", ".pub", "answers.toml")):
            words[i] = str(tmp_path / "input")
            (tmp_path / "input").touch()
    found: click.Command | None = cli
    context = click.Context(cli)
    while isinstance(found, click.Group):
        found = found.get_command(context, words.pop(0))
    assert found is not None, command
    found.make_context(found.name, words)


def test_the_readme_shows_most_verbs() -> None:
    shown = {shlex.split(command)[1] for command in _COMMANDS}
    nouns, helpers = {"model", "source", "corpus"}, {"help", "completion"}
    assert shown >= set(VERBS) - {"town", "log", "explain", "demo", "chat"} - nouns - helpers


@pytest.mark.parametrize("target", ["demo", "test"])
def test_both_commands_are_targets_of_the_makefile(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
