"""Calls that a person must agree to: they wait, are made once, and for nobody else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glaswerk.lab import Lab
from tests.serve.clients import key_of
from tests.serve.conftest import Running, wait_until

from .conftest import Script

pytest.importorskip("mcp", reason="the extra glaswerk[mcp] is not installed")
Ask = Callable[..., dict[str, Any]]


def made(calls: Path) -> list[str]:
    return calls.read_text().splitlines() if calls.exists() else []


def test_a_call_waits_until_a_person_agrees_and_is_made_once(
    script: Script, ask: Ask, served: tuple[Lab, Running], calls: Path
) -> None:
    script.replies = [[("odd_save", {"text": "a secret"})]]
    found = ask("Save it.", "mcp:odd", at=served[1])
    (call,) = found["glaswerk"]["tool_calls"]
    assert (call["status"], call["server"], call["name"]) == ("pending", "odd", "save")
    assert found["choices"][0]["finish_reason"] == "stop"
    assert made(calls) == []
    word = {"approvals": [{"id": call["approval"], "approve": True}]}
    script.replies = ["It is saved."]
    found = ask("Save it.", "mcp:odd", at=served[1], more=word)
    assert made(calls) == ['save {"text": "a secret"}']
    assert found["glaswerk"]["tool_calls"][0]["output"] == "You said a secret."
    assert found["choices"][0]["message"]["content"] == "It is saved."
    assert script.read() == ["You said a secret."]
    error = ask("Save it.", "mcp:odd", at=served[1], more=word, status=404)["error"]
    assert error["code"] == "approval_not_found"
    assert len(made(calls)) == 1


@pytest.mark.parametrize("stream", [False, True])
def test_a_model_that_fails_uses_up_no_approval_and_no_call_is_made_twice(
    script: Script, ask: Ask, served: tuple[Lab, Running], calls: Path, *, stream: bool
) -> None:
    script.replies = [[("odd_save", {"text": "x"}), ("odd_save", {"text": "y"})]]
    first, second = ask("Save it.", "mcp:odd", at=served[1])["glaswerk"]["tool_calls"]
    word = {"approvals": [{"id": first["approval"], "approve": True}]}
    script.replies = [400]
    if stream:
        body = {
            "model": "other/script",
            "messages": [{"role": "user", "content": "Save it."}],
            "glaswerk": {"tools": ["mcp:odd"], **word},
            "stream": True,
        }
        with served[1].client() as client:
            assert "I am broken" in client.post("/v1/chat/completions", json=body).text
    else:
        assert ask("Save it.", "mcp:odd", at=served[1], more=word, status=400)
    assert made(calls) == ['save {"text": "x"}']
    script.replies = ["It is saved."]
    both = {"approvals": [*word["approvals"], {"id": second["approval"], "approve": True}]}
    found = ask("Save it.", "mcp:odd", at=served[1], more=both)
    assert found["choices"][0]["message"]["content"] == "It is saved."
    shown = found["glaswerk"]["tool_calls"]
    assert [call["status"] for call in shown] == ["completed", "failed"]
    assert script.read() == ["You said x.", "Error: The user did not allow this call. Do not make it again."]
    assert made(calls) == ['save {"text": "x"}']
    assert ask("Save it.", "mcp:odd", at=served[1], more=word, status=404)


def test_a_call_that_is_refused_is_not_made(
    script: Script, ask: Ask, served: tuple[Lab, Running], calls: Path
) -> None:
    script.replies = [[("odd_save", {"text": "x"}), ("odd_say", {"text": "y"}), ("odd_save", {"text": "z"})]]
    found = ask("Save it.", "mcp:odd", at=served[1])
    statuses = [call["status"] for call in found["glaswerk"]["tool_calls"]]
    assert statuses == ["pending", "completed", "pending"]
    first = next(call for call in found["glaswerk"]["tool_calls"] if call["status"] == "pending")
    # The other call gets no word, which is none for it.
    word = {"approvals": [{"id": first["approval"], "approve": False}]}
    found = ask("Save it.", "mcp:odd", at=served[1], more=word)
    assert made(calls) == ['say {"text": "y"}']
    assert all("did not allow" in call["output"] for call in found["glaswerk"]["tool_calls"])


def test_an_approval_is_of_its_messages_and_of_its_project(
    script: Script, ask: Ask, served: tuple[Lab, Running], calls: Path
) -> None:
    lab, running = served
    script.replies = [[("odd_save", {"text": "x"})]]
    (call,) = ask("Save it.", "mcp:odd", at=running)["glaswerk"]["tool_calls"]
    word = {"approvals": [{"id": call["approval"], "approve": True}]}
    assert ask("Save all.", "mcp:odd", at=running, more=word, status=400)["error"]["param"]
    body = {
        "model": "other/script",
        "messages": [{"role": "user", "content": "Save it."}],
        "glaswerk": {"tools": ["mcp:odd"], **word},
    }
    key = key_of(lab, "another")
    with running.client() as client:
        # Until the server knows of the key, everybody has one project.
        wait_until(lambda: client.get("/v1/models").status_code == 401)
        found = client.post("/v1/chat/completions", json=body, headers={"authorization": f"Bearer {key}"})
    assert found.status_code == 404
    assert made(calls) == []


@pytest.mark.parametrize("name", ["mcpr_" + "0" * 48 + "00", "x", "mcpr_00", "' OR 1=1 --", "é" * 20])
def test_an_id_that_nobody_gave_is_refused(
    script: Script, ask: Ask, served: tuple[Lab, Running], name: str
) -> None:
    word = {"approvals": [{"id": name, "approve": True}]}
    assert ask("Save it.", "mcp:odd", at=served[1], more=word, status=404)


def test_arguments_that_do_not_fit_bother_nobody(
    script: Script, ask: Ask, served: tuple[Lab, Running], calls: Path
) -> None:
    script.replies = [[("odd_save", {"text": 5})], "No."]
    (call,) = ask("Save it.", "mcp:odd", at=served[1])["glaswerk"]["tool_calls"]
    assert call["status"] == "failed"
    assert made(calls) == []


def test_a_server_that_is_not_confirmed_is_not_started(
    ask: Ask, served: tuple[Lab, Running], calls: Path
) -> None:
    error = ask("?", "mcp:other", at=served[1], status=503)["error"]
    assert "glaswerk tools confirm other" in error["message"]
    with served[1].client() as client:
        listed = client.get("/v1/glaswerk/tools").json()["data"]
    assert {"mcp:odd/say", "mcp:odd/save", "mcp:other"} <= {tool["name"] for tool in listed}
    assert next(tool for tool in listed if "error" in tool)["name"] == "mcp:other"


def test_tools_of_two_servers_with_one_name_are_both_there_and_not_mistaken(
    script: Script, ask: Ask, served: tuple[Lab, Running], calls: Path
) -> None:
    ask("?", "mcp:twin/a_save", "mcp:twin_a/save", at=served[1])
    first, second = (tool["function"]["name"] for tool in script.bodies[0]["tools"])
    assert first == "twin_a_save"
    assert second.startswith("twin_a_save_")
    script.replies = [[(second, {"text": "x"})]]
    found = ask("Save it.", "mcp:twin/a_save", "mcp:twin_a/save", at=served[1])
    (call,) = found["glaswerk"]["tool_calls"]
    assert (call["server"], call["name"]) == ("twin_a", "save")
    word = {"approvals": [{"id": call["approval"], "approve": True}]}
    # In another order, the other server's tool has the plain name.
    ask("Save it.", "mcp:twin_a/save", "mcp:twin/a_save", at=served[1], more=word)
    assert made(calls.with_name("calls-twin_a")) == ['save {"text": "x"}']
    assert made(calls.with_name("calls-twin")) == []


def test_one_tool_of_a_server_may_be_named(script: Script, ask: Ask, served: tuple[Lab, Running]) -> None:
    ask("?", "mcp:odd/say", at=served[1])
    assert [tool["function"]["name"] for tool in script.bodies[0]["tools"]] == ["odd_say"]
    ask("?", "mcp:odd/nothing", at=served[1], status=400)
