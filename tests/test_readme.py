"""The README's commands exist as they are written, its links lead somewhere, its map is of this code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

import glaswerk
from glaswerk.cli.main import cli

ROOT = Path(__file__).parent.parent
PACKAGE = Path(glaswerk.__file__).parent
_README = (ROOT / "README.md").read_text()
_COMMANDS = [
    part.strip()
    for block in re.findall(r"```sh\n(.*?)```", _README, re.DOTALL)
    for line in block.splitlines()
    for part in line.split("#")[0].split("&&")
    if part.strip().startswith("glaswerk ")
]


@pytest.mark.parametrize("command", sorted(set(_COMMANDS)))
def test_each_command_of_the_readme_parses(command: str, tmp_path: Path) -> None:
    words = shlex.split(command)[1:]
    for i, word in enumerate(words):
        if word.startswith("~"):
            words[i] = str(tmp_path / "input")
            (tmp_path / "input").touch()
    found: click.Command | None = cli
    context = click.Context(cli)
    while isinstance(found, click.Group):
        found = found.get_command(context, words.pop(0))
    assert found is not None, command
    found.make_context(found.name, words)


def test_the_readme_shows_the_complete_path() -> None:
    verbs = [shlex.split(command)[1] for command in _COMMANDS]
    path = ["init", "add", "curate", "tokenizer", "pack", "train", "tune", "evaluate", "serve"]
    assert [verb for verb in dict.fromkeys(verbs) if verb in path] == path


def test_the_path_on_ones_own_content_is_about_ten_lines() -> None:
    block = _README.split("## On your own content")[1].split("```sh\n")[1].split("```")[0]
    assert len(block.splitlines()) <= 12


@pytest.mark.parametrize("target", ["demo", "test", "docs"])
def test_a_command_of_make_is_a_target_of_the_makefile(target: str) -> None:
    assert f"make {target}" in _README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_link_and_picture_leads_to_a_file(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", (ROOT / name).read_text())
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert links
    assert missing == []


def _tree() -> list[str]:
    """Paths of the tree under "Where is what", relative to the package."""
    block = _README.split("src/glaswerk/\n")[1].split("```")[0]
    found: list[str] = []
    package = ""
    for line in block.splitlines():
        name = line.split()[0]
        deeper = line.startswith("    ")
        package = package if deeper else name
        found.append(f"{package}{name}" if deeper else name)
    return found


def test_the_tree_has_every_package_and_every_room_of_data_and_train() -> None:
    def folders(above: Path) -> set[str]:
        return {f"{path.parent.relative_to(PACKAGE).as_posix()}/" for path in above.glob("*/__init__.py")}

    assert set(_tree()) >= folders(PACKAGE) | folders(PACKAGE / "data") | folders(PACKAGE / "train")


def test_everything_on_the_tree_exists() -> None:
    assert [path for path in _tree() if not (PACKAGE / path).exists()] == []


def test_each_pointer_of_the_table_is_a_file() -> None:
    table = _README.split("| to change | look at |")[1].split("\n\n")[0]
    pointers = re.findall(r"`([\w/]+\.\w+)`", table)
    assert len(pointers) >= 8
    assert [path for path in pointers if "VERB" not in path and not (PACKAGE / path).exists()] == []
