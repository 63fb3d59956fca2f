"""Chats that are kept: search, names, folders, export, links, two tabs, and storage that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from glaswerk.lab import Lab
from tests.serve.conftest import BRIDGE, Running

from .conftest import ask, ask_and_wait, browser, last_answer, says, visit

pytestmark = pytest.mark.browser
__all__ = ["browser"]
WHO = "Who built the old bridge?"
BAKES = "When does the bakery open?"


def two_chats(page: Page) -> None:
    says(page, "Anna did.", "At six.")
    ask(page, WHO)
    expect(last_answer(page)).to_have_text("Anna did.")
    page.get_by_role("button", name="New chat").click()
    ask(page, BAKES)
    expect(last_answer(page)).to_have_text("At six.")


def menu(page: Page, title: str, item: str) -> None:
    page.get_by_role("button", name=f"More for “{title}”").click()
    page.get_by_role("menuitem", name=item).click()


def test_a_reload_shows_the_chat_again_and_its_link_opens_it(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, WHO)
        link = page.url
        assert "#chat=" in link
        page.reload()
        expect(last_answer(page)).to_have_text(BRIDGE)
        expect(page.locator("#empty")).to_have_count(0)
        page.get_by_role("button", name="New chat").click()
        assert "#chat=" not in page.url
        page.goto(link)
        expect(last_answer(page)).to_have_text(BRIDGE)
        page.evaluate("location.hash = '#chat=unknown'")
        expect(page.locator("#toast")).to_contain_text("not stored here")


def test_chats_are_found_by_their_words(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        two_chats(page)
        entries = page.locator(".open-conversation")
        expect(entries).to_have_count(2)
        page.get_by_role("searchbox", name="Search conversations").fill("ANNA did")
        expect(entries).to_have_text([WHO])
        expect(page.get_by_role("status").filter(has_text="1 conversation found")).to_be_visible()
        page.get_by_role("searchbox").fill("zeppelin")
        expect(page.get_by_text("No conversation has these words.")).to_be_visible()


def test_a_chat_is_renamed_and_put_into_a_folder(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        two_chats(page)
        menu(page, WHO, "Rename or move")
        box = page.get_by_role("dialog", name="Rename or move")
        expect(box.get_by_role("textbox", name="Name")).to_have_value(WHO)
        box.get_by_role("textbox", name="Name").fill("<b>Bridges</b>")
        box.get_by_label("Folder").fill("Town")
        box.get_by_role("button", name="Save").click()
        folder = page.locator(".folder").filter(has_text="Town")
        expect(folder.locator(".open-conversation")).to_have_text(["<b>Bridges</b>"])
        page.reload()
        expect(page.locator(".folder .open-conversation")).to_have_text(["<b>Bridges</b>"])


def test_a_chat_is_exported_as_markdown_and_as_json(
    browser: Browser, server: Running, tmp_path: Path
) -> None:
    with visit(browser, server.url) as page:
        two_chats(page)
        with page.expect_download() as caught:
            menu(page, WHO, "Export as Markdown")
        assert caught.value.suggested_filename == "Who-built-the-old-bridge.md"
        caught.value.save_as(tmp_path / "chat.md")
        assert (tmp_path / "chat.md").read_text() == f"# {WHO}\n\n## You\n\n{WHO}\n\n## chat\n\nAnna did.\n"
        with page.expect_download() as caught:
            menu(page, WHO, "Export as JSON")
        caught.value.save_as(tmp_path / "chat.json")
        found = json.loads((tmp_path / "chat.json").read_text())
        assert sorted(one["content"] for one in found["messages"].values()) == ["Anna did.", WHO]


def test_of_a_temporary_chat_nothing_is_kept(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        says(page, "Forgotten soon.")
        page.get_by_role("button", name="Temporary chat").click()
        expect(page.get_by_text("nothing of it is kept")).to_be_visible()
        ask(page, "A secret")
        expect(last_answer(page)).to_have_text("Forgotten soon.")
        expect(page.locator(".open-conversation")).to_have_count(0)
        assert "#chat=" not in page.url
        page.reload()
        expect(page.locator("#empty")).to_be_visible()
        expect(page.locator(".open-conversation")).to_have_count(0)


def in_two_tabs(page: Page) -> Page:
    """Asks once, and opens the chat in a second tab, which is returned."""
    says(page, "Anna did.", "In the first tab.")
    ask(page, WHO)
    expect(last_answer(page)).to_have_text("Anna did.")
    other = page.context.new_page()
    says(other, "In the second tab.")
    other.goto(page.url)
    expect(last_answer(other)).to_have_text("Anna did.")
    return other


def test_two_tabs_on_one_chat_lose_nothing(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        other = in_two_tabs(page)
        ask(page, "One?")
        expect(last_answer(page)).to_have_text("In the first tab.")
        expect(other.locator(".bubble")).to_have_count(2)  # it came over by itself
        other.get_by_role("button", name="Answer again").first.click()
        expect(last_answer(other)).to_have_text("In the second tab.")
        expect(page.get_by_text("Another tab wrote in this chat")).to_be_visible()
        page.reload()
        page.wait_for_timeout(300)
        kept = page.evaluate(_KEPT)
        texts = sorted(message["content"] for message in kept[0]["messages"].values())
        assert texts == ["Anna did.", "In the first tab.", "In the second tab.", "One?", WHO]


def test_a_chat_that_another_tab_deleted_does_not_come_back(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        other = in_two_tabs(page)
        page.get_by_role("button", name=f"Delete “{WHO}”").click()
        expect(page.locator(".open-conversation")).to_have_count(0)
        ask(other, "One?")
        expect(last_answer(other)).to_have_text("In the second tab.")
        expect(other.locator("#toast")).to_contain_text("deleted in another tab or browser")
        assert page.evaluate(_KEPT) == []
        page.reload()
        expect(page.locator(".open-conversation")).to_have_count(0)


_KEPT = """() => new Promise((resolve) => {
  const asked = indexedDB.open('glaswerk');
  asked.onsuccess = () => {
    const all = asked.result.transaction('conversations').objectStore('conversations').getAll();
    all.onsuccess = () => (asked.result.close(), resolve(all.result));
  };
})"""


def test_a_full_storage_is_said_and_the_chat_lasts_as_long_as_the_page(
    browser: Browser, server: Running
) -> None:
    full = "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); }"
    with visit(browser, "about:blank") as page:
        page.add_init_script(full)
        page.goto(server.url)
        says(page, "Anna did.")
        ask(page, WHO)
        expect(last_answer(page)).to_have_text("Anna did.")
        expect(page.locator("#toast")).to_contain_text("storage is full")
        page.get_by_role("button", name="New chat").click()
        page.locator(".open-conversation").filter(has_text=WHO).click()
        expect(last_answer(page)).to_have_text("Anna did.")


def test_without_any_storage_the_page_works(browser: Browser, server: Running) -> None:
    none = (
        "Object.defineProperty(window, 'indexedDB', { value: { open() { throw new Error('refused'); } } });"
        "Object.defineProperty(window, 'localStorage', { get() { throw new Error('refused'); } });"
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('refused'); } });"
    )
    with visit(browser, "about:blank") as page:
        page.add_init_script(none)
        page.goto(server.url)
        expect(page.locator("#toast")).to_contain_text("stores nothing here")
        says(page, "Anna did.")
        ask(page, WHO)
        expect(last_answer(page)).to_have_text("Anna did.")


def test_the_history_of_a_newer_page_is_left_alone(browser: Browser, server: Running) -> None:
    newer = """() => new Promise((resolve) => {
      const asked = indexedDB.open('glaswerk', 99);
      asked.onsuccess = () => (asked.result.close(), resolve());
    })"""
    with visit(browser, f"{server.url}/static/mark.svg") as page:
        page.evaluate(newer)
        page.goto(server.url)
        expect(page.locator("#toast")).to_contain_text("newer version of this page keeps its chats here")
        says(page, "Anna did.")
        ask(page, WHO)
        expect(last_answer(page)).to_have_text("Anna did.")


def test_a_chat_of_a_newer_page_is_listed_but_not_changed(browser: Browser, server: Running) -> None:
    newer = """() => new Promise((resolve) => {
      const asked = indexedDB.open('glaswerk');
      asked.onsuccess = () => {
        const stores = ['conversations', 'summaries', 'texts'];
        const to = asked.result.transaction(stores, 'readwrite');
        const one = { id: 'n', version: 99, created: 1, updated: 1, messages: {}, chosen: {}, blocks: [1] };
        to.objectStore('conversations').put(one);
        to.objectStore('summaries').put({ id: 'n', title: 'Newer', folder: '', updated: 1, version: 99 });
        to.objectStore('texts').put('newer', 'n');
        to.oncomplete = () => (asked.result.close(), resolve());
      };
    })"""
    with visit(browser, server.url) as page:
        expect(page.locator("#empty-text")).not_to_be_empty()
        page.evaluate(newer)
        page.reload()
        page.get_by_role("button", name="Newer", exact=True).click()
        expect(page.locator("#toast")).to_contain_text("newer version of this page made this chat")
        assert page.evaluate(_KEPT)[0]["blocks"] == [1]


def test_chats_may_be_kept_on_the_server_for_every_browser(
    browser: Browser, copy: Lab, start: Callable[..., Running]
) -> None:
    running = start(lab=copy)

    def keep_there(page: Page) -> None:
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Keep chats").select_option("server")
        page.keyboard.press("Escape")

    with visit(browser, running.url) as page:
        keep_there(page)
        ask_and_wait(page, WHO)
        link = page.url
    with visit(browser, running.url) as page:
        expect(page.locator(".open-conversation")).to_have_count(0)
        keep_there(page)
        page.locator(".open-conversation").filter(has_text=WHO).click()
        expect(last_answer(page)).to_have_text(BRIDGE)
        page.get_by_role("searchbox").fill("mason")
        expect(page.locator(".open-conversation")).to_have_text([WHO])
        page.goto(link)
        expect(last_answer(page)).to_have_text(BRIDGE)
        page.get_by_role("button", name=f"Delete “{WHO}”").click()
        page.reload()
        expect(page.locator(".open-conversation")).to_have_count(0)


def test_a_chat_deleted_in_another_browser_does_not_come_back(
    browser: Browser, copy: Lab, start: Callable[..., Running]
) -> None:
    running = start(lab=copy)
    kept = "/v1/glaswerk/chats"
    with visit(browser, running.url) as page, running.client() as other:
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Keep chats").select_option("server")
        page.keyboard.press("Escape")
        ask_and_wait(page, WHO)
        (chat,) = other.get(kept).json()["data"]
        assert other.delete(f"{kept}/{chat['id']}").status_code == 200
        ask_and_wait(page, BAKES)
        expect(page.locator("#toast")).to_contain_text("deleted in another tab or browser")
        assert other.get(kept).json()["data"] == []
        # What was written since lasts as long as the page.
        expect(page.locator(".question")).to_have_count(2)


def test_a_deletion_on_the_server_is_undone(
    browser: Browser, copy: Lab, start: Callable[..., Running]
) -> None:
    running = start(lab=copy)
    with visit(browser, running.url) as page, running.client() as other:
        page.get_by_role("button", name="Settings").click()
        page.get_by_label("Keep chats").select_option("server")
        page.keyboard.press("Escape")
        ask_and_wait(page, WHO)
        page.get_by_role("button", name=f"Delete “{WHO}”").click()
        page.get_by_role("button", name="Undo").click()
        expect(page.locator(".open-conversation")).to_have_text([WHO])
        page.reload()
        expect(page.locator(".open-conversation")).to_have_text([WHO])
        assert [one["title"] for one in other.get("/v1/glaswerk/chats").json()["data"]] == [WHO]
