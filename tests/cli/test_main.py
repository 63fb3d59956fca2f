"""The command line: light to start, clear when it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import glaswerk
from glaswerk.cli.main import VERBS, main

_ENVIRONMENT = {**os.environ, "COLUMNS": "100"}


def _run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "glaswerk", *words], capture_output=True, text=True, cwd=cwd, env=_ENVIRONMENT
    )


Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`_run` in this process, from the entry point on: torch is imported once, not once per command."""

    def entered(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["glaswerk", *words])
        monkeypatch.setenv("COLUMNS", _ENVIRONMENT["COLUMNS"])
        if cwd is not None:
            monkeypatch.chdir(cwd)
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        printed = capsys.readouterr()
        return subprocess.CompletedProcess([*words], int(left.value.code or 0), printed.out, printed.err)

    return entered


def test_version_is_the_packages() -> None:
    assert _run("--version").stdout.strip() == f"glaswerk, version {glaswerk.__version__}"


@pytest.mark.parametrize("words", [("--version",), ("--help",), ("train", "--help"), ("serve", "--help")])
def test_help_and_version_import_nothing_heavy(words: tuple[str, ...]) -> None:
    code = (
        "import sys\nfrom glaswerk.cli.main import cli\n"
        f"cli.main({list(words)!r}, standalone_mode=False)\n"
        "heavy = {'torch', 'transformers', 'pyarrow', 'duckdb', 'numpy', 'starlette'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_no_module_of_a_verb_imports_anything_heavy() -> None:
    code = (
        "import importlib, sys\nfrom glaswerk.cli.verbs import VERBS, module_of\n"
        "for verb in VERBS:\n"
        "    importlib.import_module(module_of(verb))\n"
        "    heavy = {'torch', 'transformers', 'pyarrow', 'duckdb', 'numpy', 'starlette'}\n"
        "    assert not heavy & set(sys.modules), (verb, heavy & set(sys.modules))\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_help(run: Run, verb: str) -> None:
    result = run(verb, "--help")
    assert result.returncode == 0
    assert result.stdout.startswith(f"Usage: glaswerk {verb}")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("status",), "lab.toml is missing"),
        (("train",), "lab.toml is missing"),
        (("add", "posts", "no-such.zip", "--licence", "own"), "no-such.zip"),
        (("explain", "no-such-reason"), "no-such-reason"),
        (("town", "t", "--size", "vast"), "vast"),
        (("frobnicate",), "frobnicate"),
    ],
)
def test_mistakes_get_words_and_no_traceback(
    run: Run, tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    result = run(*words, cwd=tmp_path)
    assert result.returncode in {1, 2}
    assert expected in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "verb", ["curate", "tokenizer", "pack", "train", "tune", "index", "evaluate", "trace x", "chat x"]
)
def test_each_verb_on_an_empty_lab_names_the_step_before_it(run: Run, tmp_path: Path, verb: str) -> None:
    run("init", cwd=tmp_path)
    result = run(*verb.split(), cwd=tmp_path)
    assert result.returncode == 1
    assert "hint: glaswerk" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_mistake_in_a_process_of_its_own_ends_with_words_and_a_code(tmp_path: Path) -> None:
    result = _run("status", cwd=tmp_path)
    assert result.returncode == 1
    assert "lab.toml is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_log_shows_how_commands_ended(run: Run, tmp_path: Path) -> None:
    run("init", cwd=tmp_path)
    run("curate", cwd=tmp_path)
    rows = json.loads(run("log", "--json", cwd=tmp_path).stdout)
    assert [(row["status"], row["command"]) for row in rows] == [("failed", "glaswerk curate")]


def test_trace_chat_and_status_on_a_finished_lab(run: Run, lab_folder: Path) -> None:
    status = json.loads(run("status", "--json", "--lab", str(lab_folder)).stdout)
    assert {row["kind"] for row in status} >= {"source", "corpus", "tokenizer", "shards", "model", "trace"}
    assert all(row["stale"] == "" for row in status)
    chat = run("chat", "Who are you?", "--lab", str(lab_folder), "--max-tokens", "20")
    assert chat.returncode == 0
    trace = run("trace", "nothing of this kind qqq", "--lab", str(lab_folder))
    assert "no verbatim match in training data" in trace.stdout


def test_the_dry_run_of_training_writes_nothing(run: Run, lab_folder: Path) -> None:
    before = _files(lab_folder)
    result = run("train", "--dry-run", "--size", "10M", "--json", "--lab", str(lab_folder))
    planned = json.loads(result.stdout)
    assert planned["shape"]["layers"] >= 5
    assert planned["rate_basis"].startswith("assumed")
    table = run("plan", "--size", "10M", "--device", "h100", "--lab", str(lab_folder)).stdout
    assert f"{planned['parameters']['total']:,}" in table
    assert "H100" in table
    assert _files(lab_folder) == before


def _files(lab: Path) -> list[str]:
    """Every file but SQLite's side files, which come and go with any reader."""
    return sorted(str(p) for p in lab.rglob("*") if not p.name.endswith(("-shm", "-wal")))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_demo_killed_ten_times_ends_in_the_digest_of_an_uninterrupted_one(tmp_path: Path) -> None:
    started = time.perf_counter()
    assert _demo(tmp_path / "whole").wait() == 0
    length = time.perf_counter() - started
    kills = 0
    for i in range(40):
        process = _demo(tmp_path / "killed")
        try:
            # Short enough that ten kills come before the end, whatever else the machine does meanwhile.
            process.wait(timeout=0.5 + length * (i * 0.37 % 1) / 4)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        if kills == 10:
            break
    assert kills == 10, "the runs ended before they could be killed"
    assert _demo(tmp_path / "killed").wait() == 0
    assert _digests(tmp_path / "killed") == _digests(tmp_path / "whole")


def _demo(folder: Path) -> subprocess.Popen[bytes]:
    words = ["demo", "--no-serve", "--size", "tiny", "--parameters", "200K", "--lab", str(folder)]
    return subprocess.Popen(
        [sys.executable, "-m", "glaswerk", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _digests(folder: Path) -> dict[str, str]:
    rows = json.loads(_run("status", "--json", "--lab", str(folder)).stdout)
    return {
        f"{row['kind']}:{row['name']}": row["digest"] for row in rows if row["kind"] in {"model", "shards"}
    }
