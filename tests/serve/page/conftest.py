"""A browser, and pages whose model says what a test wants: Markdown, mischief, an endless stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from playwright.sync_api import Locator, Page, Route, expect

from tests.serve.test_page import DESKTOP, PHONE, ask, ask_and_wait, browser, visit

__all__ = ["DESKTOP", "PHONE", "ask", "ask_and_wait", "browser", "events", "last_answer", "says", "visit"]
COMPLETIONS = "**/v1/chat/completions"


def events(*pieces: str, end: bool = True) -> bytes:
    """An answer as the server streams it."""
    chunks: list[dict[str, Any]] = [{"delta": {"content": piece}, "finish_reason": None} for piece in pieces]
    if end:
        chunks.append({"delta": {}, "finish_reason": "stop"})
    lines = [{"id": "chatcmpl-test", "choices": [{"index": 0, **chunk}]} for chunk in chunks]
    sent = "".join(f"data: {json.dumps(line)}\n\n" for line in lines)
    return (sent + ("data: [DONE]\n\n" if end else "")).encode()


def says(page: Page, *answers: str | bytes) -> list[dict[str, Any]]:
    """From now on the model gives these answers, the last one again and again; what it was asked."""
    left, asked = list(answers), []

    def answer(route: Route) -> None:
        asked.append(route.request.post_data_json)
        one = left.pop(0) if len(left) > 1 else left[0]
        body = one if isinstance(one, bytes) else events(one)
        route.fulfill(status=200, content_type="text/event-stream", body=body)

    page.route(COMPLETIONS, answer)
    return asked


def last_answer(page: Page) -> Locator:
    """The text of the last answer, once it is complete."""
    expect(page.locator(".answer").last).to_be_visible()
    expect(page.locator(".answer.is-busy")).to_have_count(0)
    return page.locator(".answer-text").last


Asked = Callable[..., list[dict[str, Any]]]
Pages = Iterator[Page]
