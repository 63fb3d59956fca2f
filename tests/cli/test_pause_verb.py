"""`pause` and `resume` from the command line: what they print, and what is wrong input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

pytest.importorskip("cryptography", reason='pip install "glaswerk[sign]"')


def _run(lab: Path, *args: object) -> Result:
    return CliRunner().invoke(cli, [*map(str, args), "--lab", str(lab)])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty lab with a policy of two people."""
    lab = tmp_path / "lab"
    Lab.init(lab).ledger.close()
    for name in ("ada", "ben"):
        assert CliRunner().invoke(cli, ["sign", "--new-key", str(tmp_path / name)]).exit_code == 0
    policy, holders = (
        tmp_path / "policy.toml",
        [f"--holder={name}={tmp_path / name}" for name in ("ada", "ben")],
    )
    assert _run(lab, "gate", "--new", policy, *holders).exit_code == 0
    assert "signed by ada" in _run(lab, "gate", "--policy", policy, "--key", tmp_path / "ada").output
    return lab


def test_a_pause_and_its_end_are_in_the_log_with_reason_and_signatures(root: Path, tmp_path: Path) -> None:
    said = _run(root, "pause", "--why", "a person was named", "--key", tmp_path / "ada")
    assert said.exit_code == 0
    assert "a person was named" in said.output
    assert _run(root, "resume", "--key", tmp_path / "ada", "--key", tmp_path / "ben").exit_code == 0
    log = [json.loads(line) for line in (root / "pause-log.jsonl").read_text().splitlines()]
    assert [entry["said"]["action"] for entry in log] == ["pause", "resume", "resume"]
    assert log[0]["previous"] == ""
    assert all(entry["previous"].startswith("b2:") for entry in log[1:])
    assert len({entry["signatures"][0]["key"] for entry in log[1:]}) == 2


def test_a_pause_needs_a_reason_and_no_write_lock(root: Path) -> None:
    assert _run(root, "pause").exit_code == 2
    lab = Lab.open(root)
    with lab.writing():
        assert _run(root, "pause", "--why", "while another command writes").exit_code == 0
    lab.ledger.close()


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"])
def test_a_file_without_a_key_is_an_error_that_names_it(root: Path, tmp_path: Path, text: str) -> None:
    _run(root, "pause", "--why", "a check")
    (tmp_path / "no.key").write_text(text)
    error = _run(root, "resume", "--key", tmp_path / "no.key").exception
    assert isinstance(error, GlaswerkError)
    assert "no.key" in error.message
    gone = _run(root, "resume", "--key", tmp_path / "gone.key").exception
    assert isinstance(gone, GlaswerkError)


def test_a_lab_that_is_not_paused_cannot_be_resumed(root: Path, tmp_path: Path) -> None:
    error = _run(root, "resume", "--key", tmp_path / "ada").exception
    assert isinstance(error, GlaswerkError)
    assert "glaswerk pause" in str(error.hint).replace(f" --lab {root}", "")
