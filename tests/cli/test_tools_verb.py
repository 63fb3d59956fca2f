"""`glaswerk tools`: a server is confirmed by a person, and nothing of it is started before."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import mcp_program
import pytest
from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.tools.mcp.confirmed import confirmed
from glaswerk.tools.mcp.settings import mcp_servers

Make = Callable[[str], Lab]


def run(words: Sequence[str], input: str = "") -> Result:
    return CliRunner().invoke(cli, words, standalone_mode=False, input=input)


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    Lab.init(tmp_path / "lab", "test").ledger.close()

    def made(settings: str) -> Lab:
        with (tmp_path / "lab" / "lab.toml").open("a") as file:
            file.write(f"\n{settings}\n")
        lab = Lab.open(tmp_path / "lab")
        lab.ledger.close()
        return lab

    return made


def test_the_command_confirms_lists_and_withdraws(make: Make, tmp_path: Path) -> None:
    pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
    command = [sys.executable, mcp_program.__file__, "good", str(tmp_path / "calls")]
    lab = make(f'[serve.mcp.odd]\ncommand = {json.dumps(command)}\nallow = ["say", "gone"]')
    place = ["--lab", str(lab.root)]
    run(["tools", "confirm", "odd", *place], input="n\n")
    assert not (tmp_path / "calls").exists()
    assert confirmed(mcp_servers(lab)["odd"]) is None
    found = run(["tools", "confirm", "odd", "--yes", "--json", *place])
    assert found.exit_code == 0, found.output
    assert json.loads(found.stdout) == [
        {"name": "say", "state": "allowed", "says": ""},
        {"name": "save", "state": "asks", "says": "says that it only reads"},
    ]
    assert "no tool named gone" in found.stderr
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "home" / "glaswerk").stat().st_mode) == 0o700
    listed = json.loads(run(["tools", "ls", "--json", *place]).stdout)
    assert [row["state"] for row in listed] == ["ready", "ready", "ready", "confirmed"]
    assert run(["tools", "withdraw", "odd", *place]).exit_code == 0
    assert "not confirmed" in run(["tools", "ls", *place]).stdout


def test_a_name_that_is_not_in_the_lab_is_named(make: Make) -> None:
    lab = make("")
    found = run(["tools", "confirm", "nowhere", "--yes", "--lab", str(lab.root)])
    assert isinstance(found.exception, GlaswerkError)
    assert "nowhere" in found.exception.message
