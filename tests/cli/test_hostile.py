"""What people and machines do wrong: every mistake gets words, an exit code and no traceback."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

GLASWERK = [sys.executable, "-m", "glaswerk"]
ROOT = os.geteuid() == 0


@pytest.fixture
def lab(empty_lab: Lab) -> Path:
    return empty_lab.root


def run(lab: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*GLASWERK, *words], capture_output=True, text=True, cwd=lab, check=False)


def refused(lab: Path, *words: str) -> GlaswerkError:
    result = CliRunner().invoke(cli, [*words, "--lab", str(lab)], standalone_mode=False)
    assert isinstance(result.exception, GlaswerkError), (result.exception, result.output)
    return result.exception


@pytest.mark.parametrize(
    "verb", ["status", "train", "curate", "serve", "model ls", "source rm x --yes", "verify --all", "log"]
)
def test_outside_a_lab_it_says_where_it_looked_and_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GLASWERK_LAB", raising=False)
    error = CliRunner().invoke(cli, verb.split(), standalone_mode=False).exception
    assert isinstance(error, GlaswerkError)
    assert error.message == (
        f"expected a lab in {tmp_path} or any folder above it, found none: lab.toml is missing"
    )
    assert str(error.hint).startswith("glaswerk init makes one")


def test_a_lab_that_was_named_wrongly_is_looked_for_there_alone(tmp_path: Path) -> None:
    error = refused(tmp_path / "nope", "status")
    assert error.message.startswith(f"expected a lab in {tmp_path / 'nope'}, found none")
    assert f"glaswerk init {tmp_path / 'nope'}" in str(error.hint)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("add", "docs"), "Missing argument"),
        (("add", "docs", "x"), "--licence"),
        (("train", "--epochs", "many"), "'many'"),
        (("train", "--context", "1.5"), "'1.5'"),
        (("log", "-n", "0"), "0 is not in the range"),
        (("log", "-n", "-3"), "-3 is not in the range"),
        (("serve", "--port", "eighty"), "'eighty'"),
        (("chat", "--temperature", "9"), "9"),
        (("tune", "--method", "magic"), "'magic'"),
        (("status", "--jsno"), "--jsno"),
        (("status", "surplus"), "surplus"),
        (("curate", "--jobs", "-1"), "-1"),
        (("search",), "PHRASE"),
    ],
)
def test_wrong_types_and_missing_words_are_usage_errors_with_the_help_to_read(
    lab: Path, words: tuple[str, ...], found: str
) -> None:
    import click

    result = CliRunner().invoke(cli, [*words], standalone_mode=False, prog_name="glaswerk")
    assert isinstance(result.exception, click.UsageError), result.output
    assert found in result.exception.format_message()
    assert result.exception.exit_code == 2


def test_a_usage_error_prints_error_and_hint_like_every_other(lab: Path) -> None:
    result = run(lab, "train", "--epochs", "many")
    assert result.returncode == 2
    assert result.stdout == ""
    error, hint = result.stderr.splitlines()
    assert error.startswith("error: Invalid value for '--epochs'")
    assert hint == "hint: glaswerk help train"


@pytest.mark.parametrize(
    "name", ["../escape", "/tmp/escape", "a/b", ".hidden", "", "a" * 300, "new\nline", "tab\there"]
)
def test_no_name_of_a_source_leads_out_of_the_lab(lab: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / "note.txt"
    file.write_text("The old mill stands by the river.")
    words = ["add", "docs", str(file), "--licence", "own", "--name", name, "--lab", str(lab)]
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    places = [path for path in lab.rglob("manifest.json")]
    assert all(path.is_relative_to(lab / "sources") for path in places)
    assert bool(result.exception) or name == ""
    assert not (tmp_path / "escape").exists()


@pytest.mark.parametrize("name", ["../escape", "a/b/c", "/etc", ".."])
@pytest.mark.parametrize("verb", [["curate", "--name"], ["train", "--name"], ["pack", "--corpus"]])
def test_no_name_of_a_result_leads_out_of_the_lab(lab: Path, verb: list[str], name: str) -> None:
    before = sorted(path for path in lab.parent.rglob("*") if lab not in path.parents)
    refused(lab, *verb, name)
    assert sorted(path for path in lab.parent.rglob("*") if lab not in path.parents) == before


def test_a_missing_file_is_named(lab: Path) -> None:
    assert "nope.md" in refused(lab, "add", "docs", str(lab / "nope.md"), "--licence", "own").message
    result = CliRunner().invoke(cli, ["add", "posts", "nope.zip", "--licence", "own"])
    assert "nope.zip" in result.output
    assert result.exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are bytes on POSIX alone")
def test_an_argument_that_is_not_utf8_gets_words(lab: Path) -> None:
    for words in ([b"frob\xff"], [b"search", b"caf\xe9"], [b"model", b"show", b"\xff\xfe"]):
        result = subprocess.run([*GLASWERK, *words], capture_output=True, cwd=lab, check=False)
        assert result.returncode in (1, 2)
        assert b"Traceback" not in result.stderr, result.stderr.decode(errors="replace")[-800:]
        assert result.stderr.startswith(b"error: ")


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_a_read_only_folder_is_named(lab: Path) -> None:
    lab.chmod(0o500)
    try:
        result = run(lab, "curate")
        assert result.returncode == 1
        assert "no permission" in result.stderr
    finally:
        lab.chmod(0o700)


def test_init_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    result = CliRunner().invoke(cli, ["init", str(tmp_path / "file")], standalone_mode=False)
    assert isinstance(result.exception, GlaswerkError)
    assert "found the file" in result.exception.message


def test_a_closed_pipe_ends_a_verb_without_a_complaint(lab: Path) -> None:
    command = f"{' '.join(GLASWERK)} explain | true; echo ${{PIPESTATUS[0]}}"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=lab, check=False)
    assert result.stdout.strip() in {"0", "1"}
    assert result.stderr == ""


def test_a_closed_standard_output_is_no_crash(lab: Path) -> None:
    command = f"{' '.join(GLASWERK)} log >&-"
    result = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=lab, check=False)
    assert "Traceback" not in result.stderr


def test_ctrl_c_says_how_to_continue(lab: Path, ctrl_c_interrupts: None) -> None:
    """`trace` waits for standard input; the terminal's Ctrl-C is SIGINT."""
    with subprocess.Popen(
        [*GLASWERK, "add", "docs", "-", "--licence", "own"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=lab,
    ) as process:
        _wait_for(lambda: len(_runs(lab)) == 1)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "run it again: glaswerk add docs - --licence own" in stderr
    assert "Traceback" not in stderr
    assert _runs(lab)[0]["status"] == "interrupted"


def test_a_second_writer_is_refused_with_the_process_that_writes(lab: Path) -> None:
    with (lab / ".lock").open("w+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711")
        lock.flush()
        error = refused(lab, "curate")
    assert "(process 4711) is writing to" in error.message
    assert error.hint == "wait for it, or stop it, and run this command again"


def test_reading_goes_on_while_another_command_writes(lab: Path) -> None:
    opened = Lab.open(lab)
    with opened.writing():
        result = CliRunner().invoke(cli, ["status", "--json", "--lab", str(lab)], standalone_mode=False)
    opened.ledger.close()
    assert json.loads(result.stdout) == []


@pytest.mark.parametrize("text", ["format = 99", "format = 'x'", "not toml", "\x00", "[lab]"])
def test_damaged_settings_are_named(lab: Path, text: str) -> None:
    (lab / "lab.toml").write_text(text)
    error = refused(lab, "status")
    assert "lab" in error.message
    assert error.hint


def _runs(lab: Path) -> list[dict[str, str]]:
    result = CliRunner().invoke(cli, ["log", "--json", "--lab", str(lab)], standalone_mode=False)
    found: list[dict[str, str]] = json.loads(result.stdout)
    return found


def _wait_for(condition: object, seconds: float = 60) -> None:
    assert callable(condition)
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
