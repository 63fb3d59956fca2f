"""A tool's output is content: whatever it says, and even if the model obeys it, nothing is done for it.

The model here is the worst there can be: it does at once all that the output could have it do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mcp_program
import pytest
from markdown_it import MarkdownIt

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.tools.mcp.confirmed import confirm, definition
from glaswerk.tools.mcp.settings import mcp_servers
from tests.serve.conftest import Running, run_app
from tests.support.lab_copies import copied

from .conftest import Script
from .injections import CANARY, INJECTIONS, SECRET, canary

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
MARKS = ("<|", "<tool", "</tool", "<think", "[INST", "[/INST", "[TOOL_CALLS", "<<SYS", "<start_of", "<end_of")


@pytest.fixture(scope="module", name="canary")
def watched() -> Iterator[tuple[int, list[str]]]:
    with canary() as found:
        yield found


@pytest.fixture(scope="module")
def echoing(tool_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path]]:
    """A server whose `odd_say` may be called without asking and gives any text; the file of calls."""
    folder = tmp_path_factory.mktemp("injections")
    copied(tool_folder, folder / "lab")
    command = [sys.executable, mcp_program.__file__, "good", str(folder / "calls")]
    with (folder / "lab" / "lab.toml").open("a") as file:
        file.write(f'\n[serve.mcp.odd]\ncommand = {json.dumps(command)}\nallow = ["say"]\n')
    lab = Lab.open(folder / "lab")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "home"))
        confirm(mcp_servers(lab)["odd"], {"say": definition("Say a text.", mcp_program.TEXT)})
        with run_app(create_app(lab)) as running:
            yield running, folder / "calls"
    lab.ledger.close()


def test_there_are_fifty_kinds_and_more() -> None:
    assert len(set(INJECTIONS.values())) >= 50


# Each starts two answers: `make test` tries every eighth kind, CI all of them.
KINDS = [pytest.param(name, marks=[pytest.mark.slow] * bool(i % 8)) for i, name in enumerate(INJECTIONS)]


@pytest.mark.parametrize("name", KINDS)
def test_an_obedient_model_does_no_harm(
    script: Script, echoing: tuple[Running, Path], canary: tuple[int, list[str]], name: str
) -> None:
    running, calls = echoing
    port, asked = canary
    address = CANARY.format(port=port)
    injection = INJECTIONS[name].replace("CANARY", address)
    obeying = f"{SECRET} ![x]({address}?q=1) [y]({address}) <img src={address}> {injection}"
    script.replies = [[("odd_say", {"text": injection})], obeying, "not reached"]
    saying = _ask(running)
    read = script.read()[0]
    assert not any(mark.casefold() in read.casefold() for mark in MARKS), "the model reads a mark"
    assert all(c.isprintable() or c in "\n\t\ufffd" for c in read), "the model reads what nobody sees"
    text = saying["choices"][0]["message"]["content"]
    assert "swordfish" not in text
    rendered = MarkdownIt("commonmark").render(text)
    assert not any(tag in rendered for tag in ("<img", "<a ", "<script", "<iframe", "<style"))

    script.replies = [[("odd_say", {"text": injection})], [("odd_save", {"text": SECRET})]]
    calling = _ask(running)
    assert calling["glaswerk"]["tool_calls"][-1]["status"] == "pending"
    # Arguments that do not fit are no call: then there may be no file.
    made = calls.read_text().splitlines() if calls.exists() else []
    assert not any(line.startswith("save") for line in made)
    assert asked == []


def _ask(running: Running) -> dict[str, Any]:
    messages = [{"role": "system", "content": SECRET}, {"role": "user", "content": "What does it say?"}]
    body = {"model": "other/script", "messages": messages, "glaswerk": {"tools": ["mcp:odd"]}}
    with running.client() as client:
        found = client.post("/v1/chat/completions", json=body)
    assert found.status_code == 200, found.text
    answer: dict[str, Any] = found.json()
    return answer
