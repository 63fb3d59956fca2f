"""Every command that the docs show exists, with the options that they give it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import glaswerk
from glaswerk.cli.main import VERBS, cli

ROOT = Path(__file__).parents[2]
PACKAGE = Path(glaswerk.__file__).parent
# Dated records stay as they were written; generated pages come from the help itself.
_RECORDS = {"log.md", "cli.md", "scaling.md"}
PAGES = [
    path
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
    if path.name not in _RECORDS and "decisions" not in path.parts
]


def _commands(page: Path) -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", page.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\||;", line.split(" #")[0]):
                found = re.search(r"(?:\bglaswerk|-m glaswerk) (\S.*)", part.strip())
                if found and not part.strip().startswith("pip "):
                    yield found[1]


COMMANDS = sorted(
    {(page.relative_to(ROOT).as_posix(), command) for page in PAGES for command in _commands(page)}
)


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=lambda value: value)
def test_a_command_of_the_docs_exists_with_its_options(page: str, command: str) -> None:
    words = shlex.split(command)
    found: click.Command | None = cli
    while isinstance(found, click.Group):
        assert words, f"{page}: {command} ends where a word is expected"
        found = found.get_command(click.Context(found), words.pop(0))
    assert found is not None, f"{page}: {command}"
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    given = {word.partition("=")[0] for word in words if word.startswith("--")}
    assert given <= known | {"--help", "--"}, f"{page}: {command}"


def test_the_docs_show_every_verb() -> None:
    shown = {shlex.split(command)[0] for _, command in COMMANDS}
    inline = {verb for page in PAGES for verb in re.findall(r"`glaswerk ([\w-]+)", page.read_text())}
    assert set(VERBS) - shown - inline == set()


@pytest.mark.parametrize("page", ["docs/lives.md", "CONTRIBUTING.md"])
def test_every_source_file_that_a_page_names_exists(page: str) -> None:
    text = (ROOT / page).read_text()
    named = {name for name in re.findall(r"`(?:src/glaswerk/)?([\w/]+/\w+\.(?:py|js))`", text)}
    assert named
    missing = {
        name for name in named if not name.startswith(("docs/", "tests/")) and not (PACKAGE / name).exists()
    }
    assert {name for name in missing if not re.search(r"[A-Z]{4}", name)} == set()
