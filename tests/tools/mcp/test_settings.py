"""The tables [serve.mcp.NAME] and [serve.tools], and what is confirmed of them on a machine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.tools.mcp.confirmed import confirm, confirmed, withdraw
from glaswerk.tools.mcp.settings import McpServer, mcp_servers
from glaswerk.tools.settings import ToolSettings

Make = Callable[[str], Lab]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    Lab.init(tmp_path / "lab", "test").ledger.close()

    def run(settings: str) -> Lab:
        with (tmp_path / "lab" / "lab.toml").open("a") as file:
            file.write(f"\n{settings}\n")
        lab = Lab.open(tmp_path / "lab")
        lab.ledger.close()
        return lab

    return run


def test_a_program_and_an_address_are_read(make: Make) -> None:
    found = mcp_servers(
        make(
            '[serve.mcp.time]\ncommand = ["mcp-server-time"]\nenv = ["TZ"]\nallow = ["now"]\n'
            '[serve.mcp.far]\nurl = "https://example.org/mcp"\nkey_env = "FAR_KEY"'
        )
    )
    assert found["time"] == McpServer("time", ("mcp-server-time",), env=("TZ",), allow=("now",))
    assert found["far"] == McpServer("far", url="https://example.org/mcp", key_env="FAR_KEY")


@pytest.mark.parametrize(
    "settings",
    [
        "[serve.mcp]\ntime = 5",
        "[serve.mcp.time]",
        '[serve.mcp.time]\ncommand = "mcp-server-time"',
        '[serve.mcp.time]\ncommand = ["a", 5]',
        '[serve.mcp.time]\ncommand = [""]',
        '[serve.mcp.time]\ncommand = ["a\\nb"]',
        '[serve.mcp.time]\ncommand = ["a"]\nurl = "http://127.0.0.1/mcp"',
        '[serve.mcp.time]\ncommand = ["a"]\nshell = true',
        '[serve.mcp.time]\ncommand = ["a"]\nenv = ["A=B"]',
        '[serve.mcp.time]\nurl = "ftp://example.org"',
        '[serve.mcp.time]\nurl = "file:///etc/passwd"',
        '[serve.mcp.time]\nurl = "https://user:secret@example.org/mcp"',
        '[serve.mcp.time]\nurl = "http://[::1/mcp"',
        "[serve.mcp.time]\nurl = 5",
        '[serve.mcp.time]\nurl = "https://example.org/mcp"\nkey_env = "A B"',
        '[serve.mcp."a b"]\ncommand = ["a"]',
        '[serve.mcp.glaswerk]\ncommand = ["a"]',
        '[serve.mcp.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]\ncommand = ["a"]',
    ],
)
def test_a_setting_that_is_none_is_refused_without_a_password(make: Make, settings: str) -> None:
    with pytest.raises(GlaswerkError, match=r"expected \[serve\.mcp") as error:
        mcp_servers(make(settings))
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "settings", ["own = 5", 'own = ["shell"]', "rounds = 0", "rounds = 2.5", "calls = true", "limit = 5"]
)
def test_settings_of_tools_are_checked(make: Make, settings: str) -> None:
    with pytest.raises(GlaswerkError, match=r"expected \[serve\.tools\]"):
        ToolSettings.of(make(f"[serve.tools]\n{settings}"))


def test_settings_of_tools_have_defaults(make: Make) -> None:
    assert ToolSettings.of(make('[serve.tools]\nown = ["search"]\nseconds = 5')) == ToolSettings(
        ("search",), seconds=5.0
    )


@pytest.mark.usefixtures("make")
def test_any_other_setting_is_confirmed_anew() -> None:
    server = McpServer("time", ("a",), allow=("now",))
    assert confirmed(server) is None
    confirm(server, {"now": "b2:1"})
    found = confirmed(server)
    assert found is not None
    assert found.tools == {"now": "b2:1"}
    others = [
        replace(server, command=("b",)),
        replace(server, command=("a", "--write")),
        replace(server, allow=("now", "write")),
        replace(server, env=("HOME",)),
        replace(server, command=(), url="http://127.0.0.1/"),
        replace(server, name="clock"),
    ]
    assert [confirmed(other) for other in others] == [None] * len(others)
    assert withdraw(server)
    assert not withdraw(server)
    assert confirmed(server) is None


def test_a_damaged_record_is_an_error_and_stays(make: Make, tmp_path: Path) -> None:
    make("")
    file = tmp_path / "home" / "glaswerk" / "mcp.json"
    file.parent.mkdir(parents=True)
    file.write_text("{")
    with pytest.raises(GlaswerkError, match="cannot be read"):
        confirm(McpServer("time", ("a",)), {})
    assert file.read_text() == "{"
