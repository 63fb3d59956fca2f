"""The page's controls: palette, shortcuts, settings, languages, tour, usage, runs; and who can use them."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.serve.conftest import BRIDGE, Running, wait_until

from .conftest import DESKTOP, PHONE, ask, ask_and_wait, browser, last_answer, says, visit
from .test_markdown import RICH

pytestmark = pytest.mark.browser
__all__ = ["browser"]
WHO = "Who built the old bridge?"


def test_the_palette_runs_commands_and_finds_chats_by_keyboard(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        says(page, "Anna did.")
        ask(page, WHO)
        expect(last_answer(page)).to_have_text("Anna did.")
        page.keyboard.press("Control+k")
        box = page.get_by_role("combobox", name="Type a command, or words of a chat")
        expect(box).to_be_focused()
        page.keyboard.type("new ch")
        expect(page.get_by_role("option", selected=True)).to_contain_text("New chat")
        page.keyboard.press("Enter")
        expect(page.locator("#empty")).to_be_visible()
        expect(page.get_by_role("textbox", name="Message")).to_be_focused()
        page.keyboard.press("Meta+k")
        page.keyboard.type("anna")
        expect(page.get_by_role("option").filter(has_text=WHO)).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(last_answer(page)).to_have_text("Anna did.")
        page.keyboard.press("Control+k")
        page.keyboard.type("zeppelin")
        expect(page.get_by_text("Nothing fits these words.")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)


def test_shortcuts(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, WHO)
        page.keyboard.press("Control+Shift+s")
        expect(page.get_by_role("complementary", name="Sources")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("complementary", name="Sources")).to_be_hidden()
        page.get_by_role("textbox", name="Message").fill("")
        page.keyboard.type("?")  # in the box it is a character
        expect(page.get_by_role("textbox", name="Message")).to_have_value("?")
        page.get_by_role("button", name="Settings").focus()
        page.keyboard.press("/")
        expect(page.get_by_role("textbox", name="Message")).to_be_focused()
        page.get_by_role("button", name="Settings").focus()
        page.keyboard.press("?")
        expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Stop the answer")
        page.keyboard.press("Escape")
        page.keyboard.press("Control+Shift+o")
        expect(page.locator("#empty")).to_be_visible()


def test_settings_go_with_every_next_question(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        asked = says(page, "Yes.")
        ask(page, "Before?")
        expect(last_answer(page)).to_have_text("Yes.")
        assert asked[-1]["temperature"] == 0.2
        assert asked[-1].keys() == {"model", "messages", "temperature", "glaswerk", "stream"}
        page.get_by_role("button", name="Settings").click()
        box = page.get_by_role("dialog", name="Settings")
        box.get_by_label("System prompt").fill("Answer in one word.")
        box.get_by_label("Temperature").fill("1.5")
        box.get_by_label("Top-p").fill("0.9")
        box.get_by_label("Longest answer").fill("32")
        box.get_by_label("Seed").fill("7")
        page.keyboard.press("Escape")
        page.reload()
        says(page, "Yes.")
        ask(page, "After?")
        wait_until(lambda: len(asked) > 0)
        expect(last_answer(page)).to_have_text("Yes.")
        with page.expect_request("**/v1/chat/completions") as caught:
            page.get_by_role("button", name="Answer again").last.click()
        sent = caught.value.post_data_json
        assert sent["messages"][0] == {"role": "system", "content": "Answer in one word."}
        wanted = {"temperature": 1.5, "top_p": 0.9, "max_tokens": 32, "seed": 7}
        assert {name: sent[name] for name in wanted} == wanted
        page.get_by_role("button", name="Settings").click()
        box.get_by_role("button", name="Reset").click()
        expect(box.get_by_label("System prompt")).to_have_value("")
        expect(box.get_by_label("Temperature")).to_have_value("0.2")


def test_the_model_is_chosen_from_those_of_the_server(browser: Browser, server: Running) -> None:
    def two(route: Route) -> None:
        route.fulfill(json={"object": "list", "data": [{"id": "chat"}, {"id": "base"}]})

    with visit(browser, "about:blank") as page:
        page.route("**/v1/models", two)
        page.goto(server.url)
        asked = says(page, "Yes.")
        picker = page.get_by_role("combobox", name="Model")
        expect(picker).to_have_value("chat")
        picker.select_option("base")
        ask(page, "Who are you?")
        expect(last_answer(page)).to_have_text("Yes.")
        assert asked[-1]["model"] == "base"
        page.unroute("**/v1/models")
        page.reload()  # the chosen model is gone: the server's own answers
        asked = says(page, "Yes.")
        expect(page.get_by_role("heading", name="chat", level=1)).to_be_visible()
        ask(page, "And now?")
        expect(last_answer(page)).to_have_text("Yes.")
        assert asked[-1]["model"] == "chat"


def test_the_page_speaks_german_and_english(browser: Browser, server: Running) -> None:
    with visit(browser, server.url, locale="de-AT") as page:
        expect(page.get_by_role("heading", name="Was möchtest du wissen?")).to_be_visible()
        assert page.evaluate("document.documentElement.lang") == "de"
        page.get_by_role("textbox", name="Nachricht").fill(WHO)
        page.keyboard.press("Enter")
        expect(page.locator(".chip")).to_have_text("1 wörtlicher Treffer in den Trainingsdaten")
        expect(page.locator(".support")).to_contain_text("Nicht geprüft")
        page.get_by_role("button", name="Einstellungen").click()
        page.get_by_label("Sprache").select_option("en")
        expect(page.get_by_role("dialog", name="Settings")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator(".chip")).to_have_text("1 verbatim match in training data")
        page.reload()
        expect(page.get_by_role("textbox", name="Message")).to_be_visible()


def test_the_tour_says_what_the_underlines_mean(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, WHO)
        page.get_by_role("button", name="What does it mean?").click()
        box = page.get_by_role("dialog", name="What the underlines mean")
        for heading in ("Underlined words", "Click them", "They prove nothing"):
            expect(box.get_by_role("heading", name=heading)).to_be_visible()
            box.get_by_role("button", name="Next").click()
        box.get_by_role("button", name="Done").click()
        expect(box).to_be_hidden()
        page.get_by_role("button", name="New chat").click()
        ask_and_wait(page, WHO)
        expect(page.get_by_role("button", name="What does it mean?")).to_have_count(0)


def test_steps_digests_and_figures_are_behind_details(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, WHO)
        page.get_by_text("About this model").click()
        expect(page.locator("#facts")).to_contain_text("Licences")
        shown = page.locator("body").inner_text()
        for word in ("step", "digest", "b2:", "novelty"):
            assert word not in shown.lower()
        page.locator(".about-more summary").click()
        expect(page.locator(".about-more")).to_contain_text("step-60")


def test_usage_and_runs_are_shown(browser: Browser, server: Running) -> None:
    run = {"id": "a", "model": "", "state": "running", "steps": 3, "tokens_per_second": 10.0,
           "loss": [[0, 8.0], [1, 5.0], [2, 3.5]]}  # fmt: skip
    with visit(browser, server.url) as page:
        ask_and_wait(page, WHO)
        page.keyboard.press("Control+k")
        page.keyboard.type("keys and")
        page.keyboard.press("Enter")
        usage = page.get_by_role("dialog", name="Keys and usage")
        expect(usage.get_by_role("rowheader", name="chat")).to_be_visible()
        page.keyboard.press("Escape")
        page.route("**/v1/glaswerk/runs", lambda route: route.fulfill(json={"object": "list", "data": [run]}))
        page.keyboard.press("Control+k")
        page.keyboard.type("training runs")
        page.keyboard.press("Enter")
        curve = page.get_by_role("img", name="Loss of a, from 8 to 3.5")
        expect(curve).to_be_visible()
        run["loss"].append([3, 2.0])  # type: ignore[attr-defined]
        expect(page.get_by_role("img", name="Loss of a, from 8 to 2")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_in_any_state(
    browser: Browser, server: Running, scheme: str, size: dict[str, int]
) -> None:
    def check(page: Page, state: str) -> None:
        wait_until(lambda: not page.evaluate("document.getAnimations().some(a => a.playState === 'running')"))
        for one in Axe().run(page).response["violations"]:
            found.append(f"{state}: {one['id']} at {one['nodes'][0]['html'][:140]}")

    found: list[str] = []
    options = {"viewport": size, "color_scheme": scheme, "bypass_csp": True, "reduced_motion": "reduce"}
    with visit(browser, server.url, **options) as page:
        expect(page.locator(".suggestion").first).to_be_visible()
        check(page, "empty")
        ask_and_wait(page, WHO)
        check(page, "answer")
        page.locator(".chip").click()
        check(page, "sources")
        page.get_by_role("button", name="Whole document").first.click()
        expect(page.locator(".document-text")).to_be_visible()
        check(page, "document")
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        says(page, RICH)
        ask(page, "Markdown")
        expect(last_answer(page).locator(".katex")).to_have_count(2)
        page.get_by_role("button", name="Answer again").last.click()
        expect(page.locator(".versions").last).to_be_visible()
        check(page, "markdown and versions")
        page.get_by_role("button", name="Edit message").last.click()
        check(page, "edit")
        page.keyboard.press("Escape")
        for name in ("settings", "help", "palette", "tour", "usage", "runs"):
            _open(page, name)
            check(page, name)
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
        if size == PHONE:
            page.get_by_role("button", name="Conversations").click()
        page.get_by_role("button", name=re.compile("^More for")).first.click()
        check(page, "menu")
    assert found == []


_NAMES = {
    "settings": "Settings",
    "help": "Keyboard",
    "tour": "What the",
    "usage": "Keys and",
    "runs": "Training",
}


def _open(page: Page, name: str) -> None:
    page.keyboard.press("Control+k")
    if name != "palette":
        page.get_by_role("combobox").last.fill(_NAMES[name])
        page.keyboard.press("Enter")
    expect(page.locator(f"dialog#{name}")).to_be_visible()


def test_every_control_is_large_enough_for_a_finger(browser: Browser, server: Running) -> None:
    """44 CSS pixels; text links within sentences are excepted, as WCAG 2.5.5 excepts them."""
    small = """() => [...document.querySelectorAll('button, select, input, summary, a.badge')]
      .filter((n) => n.checkVisibility({ opacityProperty: false, visibilityProperty: true }))
      .filter((n) => !n.closest('label') && n.getBoundingClientRect().width > 0)
      .map((n) => [n.outerHTML.slice(0, 80), n.getBoundingClientRect()])
      .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
      .map(([html, box]) => `${html} ${Math.round(box.width)}×${Math.round(box.height)}`)"""
    with visit(browser, server.url, viewport=PHONE, has_touch=True) as page:
        expect(page.locator(".suggestion").first).to_be_visible()
        assert page.evaluate(small) == []
        says(page, RICH)
        ask(page, "Markdown")
        expect(last_answer(page).locator(".katex")).to_have_count(2)
        page.unroute("**/v1/chat/completions")
        page.keyboard.press("Control+Shift+o")
        ask_and_wait(page, WHO)
        assert page.evaluate(small) == []
        page.locator(".chip").last.click()
        expect(page.locator(".card").first).to_be_visible()
        assert page.evaluate(small) == []
        page.keyboard.press("Escape")
        page.get_by_role("button", name="Conversations").click()
        assert page.evaluate(small) == []


def test_on_a_phone_no_state_overflows(browser: Browser, server: Running) -> None:
    with visit(browser, server.url, viewport=PHONE, has_touch=True) as page:
        says(page, f"{RICH}\n\n{'longword' * 40}\n\n| {'a | ' * 30}\n|{'---|' * 30}\n\n`{'x' * 300}`")
        ask(page, "m" * 500)
        expect(last_answer(page).locator(".katex")).to_have_count(2)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert page.evaluate("document.querySelector('#scroll').scrollWidth <= innerWidth")
        for name in ("settings", "help", "tour", "usage", "runs"):
            _open(page, name)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            page.keyboard.press("Escape")


def test_the_answer_is_announced_and_the_language_of_the_page_is_set(
    browser: Browser, server: Running
) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, WHO)
        expect(page.locator("#announcer p")).to_have_text(
            [f"Answer: {BRIDGE}", "1 verbatim match in training data."]
        )
        assert page.evaluate("document.documentElement.lang") == "en"


def test_the_policy_allows_no_inline_script_or_style(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        policy = page.request.get(server.url).headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
