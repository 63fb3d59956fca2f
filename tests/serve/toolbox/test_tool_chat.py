"""`glaswerk chat --tools`: calls are shown, and one that must be agreed to asks."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError

from .conftest import Script


def run(folder: Path, tools: str, input: str = "") -> Result:
    words = [
        "chat",
        "What is 17 times 23?",
        "--model",
        "other/script",
        "--tools",
        tools,
        "--lab",
        str(folder),
    ]
    return CliRunner().invoke(cli, words, standalone_mode=False, input=input)


def test_a_call_is_shown_with_what_went_in_and_came_out(script: Script, tool_folder: Path) -> None:
    script.replies = [[("calculator", {"expression": "17*23"})], "It is 391."]
    found = run(tool_folder, "calculator,search")
    assert found.exit_code == 0, found.exception
    assert found.stdout.strip() == "It is 391."
    assert 'glaswerk.calculator {"expression": "17*23"}' in found.stderr
    assert "→ 391" in found.stderr
    assert [one["function"]["name"] for one in script.bodies[0]["tools"]] == ["calculator", "search"]


def test_a_tool_that_is_not_there_is_an_error_in_words(script: Script, tool_folder: Path) -> None:
    found = run(tool_folder, "shell")
    assert isinstance(found.exception, GlaswerkError)
    assert "calculator" in found.exception.message
