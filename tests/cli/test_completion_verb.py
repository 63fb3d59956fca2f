"""Completion is set up by one command, for each shell in the folder where that shell looks."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.completion_verb import SHELLS, place_of
from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ["completion", *words], standalone_mode=False)


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_gets_its_script_on_standard_output(shell: str) -> None:
    script = run(shell).stdout
    assert f"_GLASWERK_COMPLETE={shell}_complete" in script
    assert "%(" not in script


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/glaswerk"),
        ("fish", ".config/fish/completions/glaswerk.fish"),
        ("zsh", ".zfunc/_glaswerk"),
    ],
)
def test_install_writes_it_to_the_place_of_the_shell(home: Path, shell: str, place: str) -> None:
    result = run(shell, "--install")
    assert (home / place).read_text() == run(shell).stdout
    assert str(home / place) in result.stdout
    assert ("fpath" in result.stderr) is (shell == "zsh")


def test_install_twice_is_the_same_as_once(home: Path) -> None:
    run("fish", "--install")
    before = place_of("fish").read_text()
    assert run("fish", "--install").exception is None
    assert place_of("fish").read_text() == before


def test_the_folders_of_the_environment_are_respected(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("ZDOTDIR", str(home / "zsh"))
    assert place_of("bash").is_relative_to(home / "data")
    assert place_of("fish").is_relative_to(home / "config")
    assert place_of("zsh").is_relative_to(home / "zsh")


def test_the_shell_of_the_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert run().stdout == run("fish").stdout


@pytest.mark.parametrize("shell", ["", "/bin/tcsh"])
def test_a_shell_without_completion_is_named(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", shell)
    error = run("--install").exception
    assert isinstance(error, GlaswerkError)
    assert repr(Path(shell).name) in error.message
    assert error.hint == "glaswerk completion bash"
