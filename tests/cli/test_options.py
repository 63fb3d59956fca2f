"""Where the lab is looked for, in which order, and both spellings of licence."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.cli.options import lab_option, licence_option, nearest_lab, selectors, settings_options
from glaswerk.lab import Lab


@pytest.fixture
def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two labs, `outer` and `outer/inner`, and a folder below each; the current folder is above both."""
    for folder in ("outer/deep/deeper", "outer/inner/below"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("outer", "outer/inner"):
        Lab.init(tmp_path / folder).ledger.close()
    monkeypatch.delenv("GLASWERK_LAB", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@click.command()
@lab_option
def which(lab_path: Path) -> None:
    click.echo(lab_path)


def found(*words: str) -> str:
    return CliRunner().invoke(which, words).output.strip()


@pytest.mark.parametrize(
    ("folder", "lab"),
    [
        ("outer", "outer"),
        ("outer/deep/deeper", "outer"),
        ("outer/inner", "outer/inner"),
        ("outer/inner/below", "outer/inner"),
    ],
)
def test_the_nearest_lab_above_is_found_as_git_finds_its_repository(
    labs: Path, monkeypatch: pytest.MonkeyPatch, folder: str, lab: str
) -> None:
    monkeypatch.chdir(labs / folder)
    assert found() == str(labs / lab)


def test_outside_every_lab_the_current_folder_is_meant(labs: Path) -> None:
    assert nearest_lab(Path()) is None
    assert found() == "."


def test_the_option_wins_over_the_environment_and_that_over_the_folder(
    labs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(labs / "outer" / "inner")
    monkeypatch.setenv("GLASWERK_LAB", str(labs / "outer"))
    assert found() == str(labs / "outer")
    assert found("--lab", "elsewhere") == "elsewhere"


def test_an_empty_environment_variable_names_no_lab(labs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(labs / "outer" / "deep")
    monkeypatch.setenv("GLASWERK_LAB", "")
    assert found() == str(labs / "outer")


def test_a_link_to_a_folder_below_a_lab_leads_to_that_lab(
    labs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (labs / "link").symlink_to(labs / "outer" / "deep")
    monkeypatch.chdir(labs / "link")
    assert found() == str(labs / "outer")


def test_a_folder_named_like_the_settings_makes_no_lab(labs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (labs / "outer" / "deep" / "lab.toml").mkdir()
    monkeypatch.chdir(labs / "outer" / "deep")
    assert found() == str(labs / "outer")


def test_a_verb_works_from_below_its_lab(labs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(labs / "outer" / "deep" / "deeper")
    result = CliRunner().invoke(cli, ["log", "--json"], standalone_mode=False)
    assert json.loads(result.stdout) == []


def test_init_makes_a_lab_where_it_is_told_even_below_another(
    labs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(labs / "outer" / "deep")
    CliRunner().invoke(cli, ["init"], standalone_mode=False)
    CliRunner().invoke(cli, ["init", "new"], standalone_mode=False)
    assert (labs / "outer" / "deep" / "lab.toml").is_file()
    assert (labs / "outer" / "deep" / "new" / "lab.toml").is_file()


@pytest.mark.parametrize("spelling", ["--licence", "--license"])
def test_both_spellings_of_licence_mean_the_same(spelling: str) -> None:
    @click.command()
    @licence_option(required=True, help="SPDX id.")
    def command(licence: str) -> None:
        click.echo(licence)

    assert CliRunner().invoke(command, [spelling, "CC0-1.0"]).output == "CC0-1.0\n"
    assert "--licence, --license" in CliRunner().invoke(command, ["--help"]).output


def test_a_missing_licence_is_asked_for_by_its_first_spelling() -> None:
    result = CliRunner().invoke(cli, ["add", "docs", "x"], standalone_mode=False)
    assert isinstance(result.exception, click.MissingParameter)
    assert "--licence" in result.exception.format_message()


def test_the_settings_of_a_run_are_those_that_training_takes() -> None:
    from glaswerk.train.plan import TrainConfig

    @click.command()
    @settings_options
    def command(**settings: object) -> None:
        click.echo(json.dumps(settings))

    given = json.loads(CliRunner().invoke(command, []).output)
    config = TrainConfig()
    assert {name: getattr(config, name) for name in given} == given


def test_selectors_collect_every_name_they_are_given() -> None:
    @click.command()
    @selectors
    def command(**chosen: object) -> None:
        click.echo(json.dumps(chosen))

    words = ["--author", "a", "--author", "b", "--id", "x:1", "--source", "s", "--copies"]
    assert json.loads(CliRunner().invoke(command, words).output) == {
        "authors": ["a", "b"],
        "ids": ["x:1"],
        "sources": ["s"],
        "from_file": None,
        "copies": "forget",
    }


def test_a_folder_that_is_named_is_the_only_one_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Lab.init(tmp_path / "lab").ledger.close()
    below = tmp_path / "lab" / "models"
    below.mkdir(exist_ok=True)
    monkeypatch.chdir(below)
    found = CliRunner().invoke(cli, ["model", "ls"], standalone_mode=False)
    named = CliRunner().invoke(cli, ["model", "ls", "--lab", "."], standalone_mode=False)
    assert found.exception is None
    assert "or any folder above it" not in str(named.exception)
    assert f"expected a lab in {below}, found none" in str(named.exception)
