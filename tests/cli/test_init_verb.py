"""`init`: a lab where it is told, once, under any name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.init_verb import command
from glaswerk.lab import Lab


def init(*words: str) -> Result:
    return CliRunner().invoke(command, words, catch_exceptions=False)


def test_a_lab_is_made_with_its_folders_above_and_says_what_comes_next(tmp_path: Path) -> None:
    result = init(str(tmp_path / "a" / "b"))
    assert result.stdout == f"lab b in {tmp_path / 'a' / 'b'}\n"
    assert result.stderr == "next: glaswerk add posts ARCHIVE.zip --licence own\n"
    assert Lab.open(tmp_path / "a" / "b").all("source") == []


@pytest.mark.parametrize(
    "name", ["plain", 'with "quotes"', "back\\slash", "Größe 日本 🙂", "a'b", "x = 1 # no"]
)
def test_any_name_survives_the_settings_file(tmp_path: Path, name: str) -> None:
    init(str(tmp_path), "--name", name)
    settings = tomllib.loads((tmp_path / "lab.toml").read_text())
    assert settings["lab"]["name"] == name


def test_a_lab_that_is_there_keeps_its_settings(tmp_path: Path) -> None:
    init(str(tmp_path), "--name", "first")
    before = (tmp_path / "lab.toml").read_text()
    assert init(str(tmp_path), "--name", "second").stdout.startswith("lab first in ")
    assert (tmp_path / "lab.toml").read_text() == before


def test_other_files_of_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("Dear Ada")
    init(str(tmp_path))
    assert (tmp_path / "letters.txt").read_text() == "Dear Ada"
