"""Questions and answers on the page: versions, edits, branches, stopping, long messages, files, ratings."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.serve.conftest import BRIDGE, CONTEXT, ENDLESS, Running

from .conftest import ask, ask_and_wait, browser, events, last_answer, says, visit

pytestmark = pytest.mark.browser
__all__ = ["browser"]
WHO = "Who built the old bridge?"


def test_an_answer_given_again_keeps_the_one_before(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        says(page, "The first answer.", "The second answer.", "The third.")
        ask(page, WHO)
        expect(last_answer(page)).to_have_text("The first answer.")
        page.get_by_role("button", name="Answer again").click()
        expect(last_answer(page)).to_have_text("The second answer.")
        group = page.locator(".answer .versions")
        expect(group).to_have_text("2/2")
        group.get_by_role("button", name="Earlier version").click()
        expect(last_answer(page)).to_have_text("The first answer.")
        expect(page.get_by_role("group", name="Version 1 of 2")).to_be_visible()
        page.reload()
        expect(last_answer(page)).to_have_text("The first answer.")
        page.get_by_role("button", name="Later version").click()
        expect(last_answer(page)).to_have_text("The second answer.")


def test_a_message_is_edited_and_both_texts_stay(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        asked = says(page, "About the bridge.", "About the bakery.")
        ask(page, WHO)
        expect(last_answer(page)).to_have_text("About the bridge.")
        page.keyboard.press("ArrowUp")
        box = page.get_by_role("textbox", name="Edit message")
        expect(box).to_be_focused()
        expect(box).to_have_value(WHO)
        box.fill("When does the bakery open?")
        page.keyboard.press("Enter")
        expect(last_answer(page)).to_have_text("About the bakery.")
        expect(page.locator(".bubble")).to_have_text("When does the bakery open?")
        assert [one["content"] for one in asked[-1]["messages"]] == ["When does the bakery open?"]
        page.locator(".question .versions").get_by_role("button", name="Earlier version").click()
        expect(page.locator(".bubble")).to_have_text(WHO)
        expect(last_answer(page)).to_have_text("About the bridge.")
        page.get_by_role("button", name="Edit message").click()
        page.keyboard.press("Escape")
        expect(page.locator(".edit")).to_have_count(0)
        expect(page.locator(".bubble")).to_have_text(WHO)


def test_a_branch_is_a_new_chat_with_everything_up_to_there(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        says(page, "One.", "Two.", "Another two.")
        ask(page, "First?")
        expect(last_answer(page)).to_have_text("One.")
        ask(page, "Second?")
        expect(last_answer(page)).to_have_text("Two.")
        page.get_by_role("button", name="Branch from here").first.click()
        expect(page.locator(".bubble")).to_have_text(["First?"])
        ask(page, "Third?")
        expect(page.locator(".bubble")).to_have_text(["First?", "Third?"])
        expect(page.locator(".open-conversation")).to_have_count(2)


def test_escape_stops_an_answer(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask(page, ENDLESS)
        expect(page.locator(".answer-text")).to_contain_text("on and on")
        page.keyboard.press("Escape")
        expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
        expect(page.locator(".answer-text")).to_contain_text("on and on")


def test_a_stop_before_the_first_word_is_said_honestly(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        page.route("**/v1/chat/completions", lambda route: None)
        ask(page, WHO)
        expect(page.get_by_role("img", name="Thinking")).to_be_visible()
        page.get_by_role("button", name="Stop").click()
        expect(last_answer(page)).to_have_text("You stopped before the model had written anything.")
        expect(page.get_by_role("button", name="Copy answer")).to_have_count(0)
        expect(page.get_by_text("empty answer")).to_have_count(0)


def test_a_wrong_answer_does_not_look_well_sourced(browser: Browser, server: Running) -> None:
    """The caveat is on the answer itself, in words that a screen reader reads, too."""
    with visit(browser, server.url) as page:
        ask_and_wait(page, WHO)
        answer = page.get_by_role("article", name="Answer")
        expect(answer.locator(".support")).to_have_text("Not checked: matching words do not make it right")
        expect(answer.locator(".novelty")).to_be_hidden()
        answer.get_by_text("Details").click()
        expect(answer.locator(".novelty")).to_be_visible()


def test_a_long_paste_is_folded_into_a_file_and_a_long_message_folded(
    browser: Browser, server: Running
) -> None:
    text = "The bridge is old. " * 2800
    with visit(browser, server.url, permissions=["clipboard-read", "clipboard-write"]) as page:
        asked = says(page, "I see.")
        page.evaluate("text => navigator.clipboard.writeText(text)", text)
        page.get_by_role("textbox", name="Message").focus()
        page.keyboard.press("Control+v")
        chip = page.get_by_role("button", name="Pasted text, 53,200 characters").first
        expect(chip).to_be_visible()
        expect(page.get_by_role("textbox", name="Message")).to_have_value("")
        ask(page, "What is this?")
        expect(last_answer(page)).to_have_text("I see.")
        assert asked[0]["messages"][0]["content"] == f"{text}\n\nWhat is this?"
        ask(page, text)
        expect(last_answer(page)).to_have_text("I see.")
        bubble = page.locator(".bubble").last
        box = bubble.bounding_box()
        assert box is not None
        assert box["height"] < 800
        bubble.get_by_role("button", name="Show all (53,199 characters)").click()
        assert len(bubble.inner_text()) > 50_000


def test_a_message_that_is_too_long_can_be_edited_not_tried_again(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask(page, "bridge " * CONTEXT)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("Shorten the message")
        expect(page.get_by_role("button", name="Try again")).to_have_count(0)
        alert.get_by_role("button", name="Edit message").click()
        page.get_by_role("textbox", name="Edit message").fill(WHO)
        page.keyboard.press("Enter")
        expect(last_answer(page)).to_have_text(BRIDGE)


def test_what_the_model_did_not_read_is_said(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        long = "bridge " * CONTEXT
        page.evaluate(
            "text => localStorage.setItem('glaswerk.conversations.v1', JSON.stringify([{id: 'a', messages: "
            "[{role: 'user', content: text}, {role: 'assistant', content: 'Yes.'}]}]))",
            long,
        )
        page.reload()
        page.locator(".open-conversation").click()
        ask(page, WHO)
        expect(last_answer(page)).to_have_text(BRIDGE)
        expect(page.locator(".left-out")).to_contain_text("did not read the first 2 messages")


def test_files_become_part_of_the_message(browser: Browser, server: Running, tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)>\u202egnp.txt"
    files = {
        "notes.txt": "The bakery opens at six. 🥐".encode(),
        "latin.txt": "Müller's caf\xe9".encode("latin-1"),
        "utf16.txt": "The mill".encode("utf-16"),
        evil: b"hostile name",
        "picture.png": b"\x89PNG\r\n\x1a\n\x00\x00",
    }
    paths = []
    for i, (name, content) in enumerate(files.items()):
        folder = tmp_path / str(i)
        folder.mkdir()
        (folder / name).write_bytes(content)
        paths.append(folder / name)
    with visit(browser, server.url) as page:
        asked = says(page, "Read.")
        page.locator("#files").set_input_files(paths[:4])
        expect(page.locator(".attached .file")).to_have_count(4)
        expect(page.locator("#toast")).to_contain_text("shown as \ufffd")
        expect(page.locator(".attached")).to_contain_text("<img src=x onerror=alert(1)>\\u202egnp.txt")
        assert page.locator("main img").count() == 0
        page.get_by_role("button", name="Remove latin.txt").click()
        page.locator("#files").set_input_files(paths[4:])
        expect(page.locator("#toast")).to_contain_text("picture.png is no text")
        ask(page, "What is in them?")
        expect(last_answer(page)).to_have_text("Read.")
        content = asked[0]["messages"][0]["content"]
        assert content.startswith("notes.txt:\nThe bakery opens at six. 🥐\n\nutf16.txt:\nThe mill\n\n")
        assert content.endswith("hostile name\n\nWhat is in them?")
        page.get_by_role("button", name="notes.txt").click()
        expect(page.locator(".question .file-text")).to_contain_text("The bakery opens at six.")


def test_a_rating_is_kept_as_feedback_and_can_be_taken_back(browser: Browser, server: Running) -> None:
    sent = []
    with visit(browser, server.url) as page:
        page.on(
            "request",
            lambda one: sent.append((one.method, one.post_data_json)) if "/feedback" in one.url else None,
        )
        ask_and_wait(page, WHO)
        good = page.get_by_role("button", name="Good answer")
        expect(good).to_have_attribute("aria-pressed", "false")
        good.click()
        expect(good).to_have_attribute("aria-pressed", "true")
        expect(page.locator("#toast")).to_contain_text("kept as feedback")
        good.click()
        expect(good).to_have_attribute("aria-pressed", "false")
    (_, rating), (method, _) = sent
    assert rating["rating"] == "up"
    assert rating["answer"] == BRIDGE
    assert rating["messages"] == [{"role": "user", "content": WHO}]
    assert method == "DELETE"


class _Endless(BaseHTTPRequestHandler):
    """An answer that never ends, in one paragraph."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            while True:
                self.wfile.write(events("on and on " * 50, end=False))
                # Below the longest answer that the page takes, for as long as the slowest machine looks.
                time.sleep(0.005)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def _endless() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endless)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_server_that_restarts_in_the_middle_loses_nothing_that_was_read(
    browser: Browser, server: Running
) -> None:
    with visit(browser, server.url) as page:
        says(page, events("The beginning of ", "an answer", end=False), BRIDGE)
        ask(page, WHO)
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("connection was lost before the answer was complete")
        expect(page.locator(".answer-text").last).to_have_text("The beginning of an answer")
        page.get_by_role("button", name="Try again").click()
        expect(last_answer(page)).to_have_text(BRIDGE)
        page.get_by_role("button", name="Earlier version").click()
        expect(last_answer(page)).to_have_text("The beginning of an answer")


def test_an_endless_stream_stays_smooth_and_can_be_stopped(browser: Browser, server: Running) -> None:
    with _endless() as url, visit(browser, server.url) as page:
        page.route("**/v1/chat/completions", lambda route: route.continue_(url=f"{url}/v1/chat/completions"))
        ask(page, WHO)
        # `wait_for_function` evaluates a text in the page, which its policy refuses.
        expect(page.locator(".answer-text")).to_have_text(re.compile("^… "))
        page.wait_for_timeout(2000)
        # Only the end of what goes on and on is laid out, however long it is.
        assert page.evaluate("document.querySelector('.answer-text').textContent.length") < 25_000
        assert page.evaluate("document.querySelectorAll('.answer *').length") < 60
        page.keyboard.press("Escape")
        expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
