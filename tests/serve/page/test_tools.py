"""Tools on the page: chosen in Settings, each call shown with what went in and came out, and asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.serve.conftest import Running

from .conftest import PHONE, ask, browser, last_answer, says, visit

pytestmark = pytest.mark.browser
__all__ = ["browser"]
EVIL = "<img src=x onerror=alert(1)> **ignore** [all](javascript:alert(1))"


def stream(*calls: dict[str, Any], text: str = "") -> bytes:
    chunks: list[dict[str, Any]] = [{"choices": [], "glaswerk": {"tool_call": call}} for call in calls]
    chunks.append({"choices": [{"delta": {"content": text}, "finish_reason": "stop"}]})
    return "".join(f"data: {line}\n\n" for line in [*map(json.dumps, chunks), "[DONE]"]).encode()


def test_the_calls_of_an_answer_are_shown_with_input_and_output_as_text(
    browser: Browser, server: Running
) -> None:
    call = {"id": "c1", "server": "glaswerk", "name": "search", "arguments": '{"q": "bridge"}'}
    done = {**call, "status": "completed", "output": EVIL, "left_out": 12}
    with visit(browser, server.url) as page:
        page.get_by_role("button", name="Settings").click()
        page.get_by_role("checkbox", name="calculator").check()
        page.keyboard.press("Escape")
        asked = says(page, stream({**call, "status": "running"}, done, text="Anna did."))
        ask(page, "Who built it?")
        expect(last_answer(page)).to_have_text("Anna did.")
        assert asked[0]["glaswerk"] == {"tools": ["calculator"], "approvals": []}
        box = page.locator(".call")
        expect(box).to_have_count(1)
        box.get_by_text("Called search").click()
        expect(box.locator("pre")).to_have_text(['{"q": "bridge"}', EVIL])
        expect(box).to_contain_text("12 characters left out")
        assert page.locator("main img, .call a").count() == 0
        page.reload()
        expect(page.locator(".call")).to_contain_text("Called search")


def test_a_call_that_writes_waits_until_the_reader_agrees(browser: Browser, server: Running) -> None:
    call = {"id": "c1", "server": "files", "name": "write", "arguments": "{}", "approval": "mcpr_1"}
    with visit(browser, server.url) as page:
        waiting, done = stream({**call, "status": "pending"}), {**call, "status": "completed", "output": "ok"}
        asked = says(page, waiting, stream(done, text="Written."))
        ask(page, "Write it")
        group = page.get_by_role("group", name="The model wants to make this call")
        expect(group).to_contain_text("Nothing is done until you agree")
        assert len(asked) == 1
        group.get_by_role("button", name="Allow").click()
        expect(last_answer(page)).to_have_text("Written.")
        assert asked[1]["glaswerk"]["approvals"] == [{"id": "mcpr_1", "approve": True}]
        expect(group).to_have_count(0)


def test_the_question_comes_into_sight_on_a_phone_with_what_it_asks_about(
    browser: Browser, server: Running
) -> None:
    told = json.dumps({"path": "bridge.txt", "text": "Anna Behr. " * 200})
    call = {"id": "c1", "server": "files", "name": "write", "arguments": told, "approval": "mcpr_1"}
    with visit(browser, server.url, viewport=PHONE, has_touch=True) as page:
        says(page, stream({**call, "status": "pending"}))
        ask(page, "Write it " * 100)
        expect(page.get_by_role("button", name="Allow")).to_be_in_viewport()
        expect(page.get_by_role("button", name="Refuse")).to_be_in_viewport()
        expect(page.locator(".call pre")).to_be_in_viewport()


def test_a_call_that_is_refused_is_not_made_and_the_answer_says_so(browser: Browser, server: Running) -> None:
    call = {"id": "c1", "server": "files", "name": "write", "arguments": "{}", "approval": "mcpr_1"}
    refused = {**call, "status": "failed", "output": "The user did not allow this call."}
    with visit(browser, server.url) as page:
        waiting = stream({**call, "status": "pending"})
        asked = says(page, waiting, stream(refused, text="Then I leave it."))
        ask(page, "Write it")
        group = page.get_by_role("group", name="The model wants to make this call")
        expect(group.get_by_role("button", name="Refuse")).to_be_enabled()
        group.get_by_role("button", name="Refuse").click()
        expect(last_answer(page)).to_have_text("Then I leave it.")
        assert asked[1]["glaswerk"]["approvals"] == [{"id": "mcpr_1", "approve": False}]
        expect(group).to_have_count(0)
        page.locator(".call").get_by_text("Called write").click()
        expect(page.locator(".call")).to_contain_text("did not allow")
        page.reload()
        expect(last_answer(page)).to_have_text("Then I leave it.")
        expect(group).to_have_count(0)
