"""The chat page in a real browser: chat, stop, sources by keyboard, dark, phone."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.serve.limits import Limits
from tests.support.chromium import FLAGS

from .accounts.conftest import make_key
from .conftest import BAKERY, BRIDGE, CONTEXT, DIALOGUES, ENDLESS, Running, wait_until

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
SPAN = BRIDGE.rstrip(".")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@contextmanager
def visit(browser: Browser, url: str, **options: Any) -> Iterator[Page]:
    """The page in a fresh profile; fails on any script error or refused resource."""
    context = browser.new_context(**({"viewport": DESKTOP} | options))
    page = context.new_page()
    page.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if "Security Policy" in said.text else None)
    page.goto(url)
    yield page
    context.close()
    assert wrong == []


def ask(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")


def ask_and_wait(page: Page, text: str) -> None:
    ask(page, text)
    expect(page.locator(".answer").last.locator(".chip, .reason").first).to_be_visible()


def test_an_answer_is_shown_traced_and_its_sources_open_by_keyboard(
    browser: Browser, server: Running
) -> None:
    with visit(browser, server.url) as page:
        expect(page).to_have_title("chat · Glaswerk")
        ask_and_wait(page, "Who built the old bridge?")
        expect(page.locator(".answer-text")).to_have_text(BRIDGE)
        mark = page.get_by_role("button", name=SPAN)
        expect(mark).to_have_count(1)
        expect(page.locator("#announcer")).to_contain_text("The old bridge")
        panel = page.get_by_role("complementary", name="Sources")
        expect(panel).to_be_hidden()
        for _ in range(30):  # from the composer backwards to the underlined words
            page.keyboard.press("Shift+Tab")
            if mark.evaluate("node => node === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(panel).to_be_visible()
        expect(panel.get_by_text("verbatim match in training data", exact=True)).to_be_visible()
        expect(panel).to_contain_text("does not prove")
        expect(panel).to_contain_text("15 words · occurs 3 times")
        card = panel.locator(".card").filter(has_text="clara")
        expect(card).to_contain_text("1 May 2021")
        expect(card).to_contain_text("CC0-1.0")
        expect(card.locator("mark")).to_have_text(SPAN)
        expect(card.get_by_role("link")).to_have_attribute("href", "https://example.org/p1")
        assert page.evaluate("document.querySelector('#sources').contains(document.activeElement)")
        page.keyboard.press("Escape")
        expect(panel).to_be_hidden()
        expect(mark).to_be_focused()


def test_text_of_documents_is_never_read_as_html(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, "Who built the old bridge?")
        page.locator(".chip").click()
        body = page.locator("#sources-body")
        expect(body).to_contain_text("<b>Looked</b> it up")
        expect(body.locator("b")).to_have_count(0)


def test_hostile_documents_stay_text_in_the_panel_and_in_the_whole_view(
    browser: Browser, server: Running
) -> None:
    evil = '<img src=x onerror="document.title=1"><script>document.title=2</script></dialog></aside>'
    bad = {
        "author": evil,
        "source": evil,
        "licence": evil,
        "kind": evil,
        "url": "javascript:document.title=3",
    }

    def in_trace(route: Route) -> None:
        reply = route.fetch()
        found = reply.json()
        for match in found["spans"][0]["documents"]:
            match |= bad | {"text": evil + match["text"], "match_end": match["match_end"] + len(evil)}
        route.fulfill(response=reply, json=found)

    def in_document(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, json=reply.json() | bad | {"text": evil})

    with visit(browser, server.url) as page:
        page.route("**/v1/traces/*", in_trace)
        page.route("**/v1/documents/*", in_document)
        ask_and_wait(page, "Who built the old bridge?")
        page.locator(".chip").click()
        expect(page.locator(".card").first).to_contain_text("<script>")
        page.get_by_role("button", name="Whole document").first.click()
        expect(page.locator(".document-text")).to_have_text(evil)
        assert page.locator("main img, aside img, dialog img, aside script, dialog script").count() == 0
        assert page.locator("a[href^='javascript']").count() == 0
        expect(page).to_have_title("chat · Glaswerk")


def test_a_whole_document_opens_and_closes_by_keyboard_and_gives_the_focus_back(
    browser: Browser, server: Running
) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, "Who built the old bridge?")
        page.get_by_role("button", name=SPAN).focus()
        page.keyboard.press("Enter")
        opener = page.get_by_role("button", name="Whole document by clara")
        opener.focus()
        page.keyboard.press("Enter")
        view = page.get_by_role("dialog", name="clara, 1 May 2021")
        expect(view.locator(".document-text")).to_contain_text("<b>Looked</b> it up at the archive.")
        expect(view.locator("mark")).to_have_text(SPAN)
        expect(view.locator("dl")).to_contain_text("CC0-1.0")
        for _ in range(12):  # nothing behind the dialog is in reach
            page.keyboard.press("Tab")
            assert page.evaluate("!document.activeElement.closest('.app')")
        page.keyboard.press("Escape")
        expect(view).to_be_hidden()
        expect(opener).to_be_focused()
        expect(page.get_by_role("complementary", name="Sources")).to_be_visible()
        opener.click()
        page.get_by_role("button", name="Close document").click()
        expect(view).to_be_hidden()


def test_a_document_forgotten_since_says_so_and_vanishes_from_the_panel(
    browser: Browser, copy: Lab, start: Callable[..., Running]
) -> None:
    with visit(browser, start(lab=copy).url) as page:
        ask_and_wait(page, "Who built the old bridge?")
        page.locator(".chip").click()
        expect(page.locator(".card").filter(has_text="clara")).to_have_count(1)
        Forgotten.read(copy.root).with_more([Tombstone("id", "p1")]).write(copy.root)
        page.get_by_role("button", name="Whole document by clara").click()
        expect(page.get_by_role("dialog")).to_contain_text("no training document")
        page.get_by_role("button", name="Close document").click()
        expect(page.locator(".chip")).to_be_visible()
        page.locator(".entry summary").click()
        expect(page.locator(".card")).to_have_count(2)
        expect(page.locator("#sources")).not_to_contain_text("clara")


def test_the_documents_of_an_answer_are_ordered_by_the_questions_before_it(
    browser: Browser, server: Running
) -> None:
    """The server knows the exchange by the answer's id; of an answer it lost, the page sends it along."""
    sent: list[dict[str, str]] = []

    def forgotten(route: Route) -> None:
        route.fulfill(status=404, json={"error": {"message": "gone", "code": "answer_not_found"}})

    with visit(browser, server.url) as page:
        page.on("request", lambda asked: sent.append(asked.post_data_json) if "/trace" in asked.url else None)
        ask_and_wait(page, "Who built the old bridge?")
        assert sent == [None]
        page.route("**/v1/traces/*", forgotten)
        ask_and_wait(page, "When does the bakery open?")
    assert sent[-1] == {
        "text": BAKERY,
        "context": f"Who built the old bridge?\n{BRIDGE}\nWhen does the bakery open?",
    }


def test_the_panel_says_when_a_document_was_seen_and_how_often_it_was_there(
    browser: Browser, server: Running
) -> None:
    seen = {"model": "base/step-900", "stage": "pretraining", "epochs": 3, "first_step": 812}

    def with_training(route: Route) -> None:
        reply = route.fetch()
        found = reply.json()
        found["spans"][0]["documents"][0] |= {"seen": [seen], "duplicates": 2}
        route.fulfill(response=reply, json=found)

    with visit(browser, server.url) as page:
        page.route("**/v1/traces/*", with_training)
        ask_and_wait(page, "Who built the old bridge?")
        page.locator(".chip").click()
        facts = page.locator(".card").first.locator(".card-facts li")
        expect(facts).to_have_text(["read 3 times in pretraining", "kept for 2 further copies"])


def test_rarer_spans_are_underlined_more_strongly(browser: Browser, server: Running) -> None:
    def traced(route: Route) -> None:
        reply = route.fetch()
        (span,) = reply.json()["spans"]
        cut = [span | {"start": 0, "end": 20, "rarity": -35.0}, span | {"start": 21, "rarity": -130.0}]
        route.fulfill(response=reply, json=reply.json() | {"spans": cut})

    with visit(browser, server.url) as page:
        page.route("**/v1/traces/*", traced)
        ask_and_wait(page, "Who built the old bridge?")
        marks = page.locator(".answer-text mark")
        expect(marks.nth(0)).to_have_class("span rare-1")
        expect(marks.nth(1)).to_have_class("span rare-4")
        colours = marks.evaluate_all("nodes => nodes.map(n => getComputedStyle(n).textDecorationColor)")
        assert colours[0] != colours[1]


def test_the_verbatim_share_is_shown_with_the_usual_range(browser: Browser, server: Running) -> None:
    figure = {
        "share": 0.12,
        "n": 8,
        "words": 40,
        "measurable": True,
        "expected": 0.05,
        "interval": [0.03, 0.09],
        "percentile": 99.0,
        "windows": 200,
        "window_words": 32,
    }

    def judged(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, json=reply.json() | {"novelty": figure})

    with visit(browser, server.url) as page:
        ask_and_wait(page, "Who built the old bridge?")
        novelty = page.locator(".novelty").last
        expect(novelty).to_have_text(
            "100 % of this answer appears verbatim in the training data. "
            "The usual share is not measurable here."
        )
        page.route("**/v1/traces/*", judged)
        page.reload()
        page.locator(".answer-details summary").click()
        expect(novelty).to_have_text(
            "12 % of this answer appears verbatim in the training data; 3–9 % is usual."
        )
        expect(page.locator(".novelty")).to_have_attribute("title", re.compile("200 passages of 32 words"))
        band = page.locator(".scale-band").bounding_box()
        line = page.locator(".scale-line").bounding_box()
        assert band is not None
        assert line is not None
        assert line["x"] > band["x"] + band["width"]


def test_a_long_answer_with_hundreds_of_spans_makes_cards_only_for_the_one_that_is_open(
    browser: Browser, server: Running
) -> None:
    def many(route: Route) -> None:
        reply = route.fetch()
        (span,) = reply.json()["spans"]
        spans = [span | {"start": i * 2, "end": i * 2 + 1} for i in range(30)] * 20
        route.fulfill(response=reply, json=reply.json() | {"spans": spans})

    with visit(browser, server.url) as page:
        page.route("**/v1/traces/*", many)
        ask_and_wait(page, "Who built the old bridge?")
        page.locator(".chip").click()
        expect(page.locator(".entry")).to_have_count(600)
        expect(page.locator(".card")).to_have_count(3)


def test_spans_after_an_emoji_are_marked_at_the_right_place(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, "When does the bakery open?")
        expect(page.locator(".answer-text")).to_have_text(BAKERY)
        expect(page.locator(".answer-text mark")).to_have_text(BAKERY.rstrip("."))
        page.locator(".chip").click()
        expect(page.locator(".card mark")).to_have_text(BAKERY.rstrip("."))


def test_text_grows_while_it_streams_and_stop_ends_it(
    browser: Browser, start: Callable[..., Running]
) -> None:
    running = start(Limits(default_max_tokens=CONTEXT))
    with visit(browser, running.url) as page:
        ask(page, ENDLESS)
        text = page.locator(".answer-text")
        expect(text).to_contain_text("on and on and on")
        early = len(text.inner_text())
        wait_until(lambda: len(text.inner_text()) > early)
        expect(page.get_by_role("button", name="Copy answer")).to_be_hidden()
        page.get_by_role("button", name="Stop").click()
        expect(page.get_by_text("Stopped")).to_be_visible()
        wait_until(lambda: running.app.state.pool.running == 0)
        assert running.app.state.pool.stopped == 1
        expect(page.get_by_role("button", name="Send")).to_be_visible()
        expect(page.get_by_role("textbox", name="Message")).to_be_focused()


def test_shift_enter_makes_a_line_and_the_composer_grows(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        box = page.get_by_role("textbox", name="Message")
        expect(box).to_be_focused()
        expect(page.get_by_role("button", name="Send")).to_be_disabled()
        before = box.evaluate("node => node.offsetHeight")
        page.keyboard.type("one")
        page.keyboard.press("Shift+Enter")
        page.keyboard.type("two")
        expect(box).to_have_value("one\ntwo")
        assert box.evaluate("node => node.offsetHeight") > before
        page.keyboard.press("Enter")
        expect(page.locator(".bubble")).to_have_text("one\ntwo")
        expect(box).to_have_value("")


def test_suggestions_come_from_the_lab(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        expect(page.locator(".suggestion")).to_have_text([*DIALOGUES, ENDLESS])
        page.locator(".suggestion").first.click()
        expect(page.locator(".bubble")).to_have_text("Who built the old bridge?")
        expect(page.locator("#empty")).to_be_hidden()
        expect(page.locator(".answer-text")).to_have_text(BRIDGE)


def test_conversations_outlive_the_page_and_can_be_deleted_and_restored(
    browser: Browser, server: Running
) -> None:
    with visit(browser, server.url) as page:
        ask_and_wait(page, "Who built the old bridge?")
        page.get_by_role("button", name="New chat").click()
        expect(page.locator("#empty")).to_be_visible()
        ask_and_wait(page, "When does the bakery open?")
        page.reload()
        entries = page.locator(".open-conversation")
        expect(entries).to_have_text(["When does the bakery open?", "Who built the old bridge?"])
        entries.nth(1).click()
        expect(page.locator(".answer-text")).to_have_text(BRIDGE)
        expect(page.get_by_role("button", name=SPAN)).to_have_count(1)
        page.get_by_role("button", name="Delete “Who built the old bridge?”").click()
        expect(entries).to_have_text(["When does the bakery open?"])
        page.get_by_role("button", name="Undo").click()
        expect(entries).to_have_count(2)


def test_answer_again_and_copy(browser: Browser, server: Running) -> None:
    with visit(browser, server.url, permissions=["clipboard-read", "clipboard-write"]) as page:
        ask_and_wait(page, "Who built the old bridge?")
        page.get_by_role("button", name="Copy answer").click()
        assert page.evaluate("navigator.clipboard.readText()") == BRIDGE
        with page.expect_request("**/v1/chat/completions") as caught:
            page.get_by_role("button", name="Answer again").click()
        assert len(caught.value.post_data_json["messages"]) == 1
        expect(page.get_by_role("button", name=SPAN)).to_have_count(1)
        expect(page.locator(".answer")).to_have_count(1)


def test_a_failure_appears_in_the_conversation_and_can_be_retried(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:

        def cut(route: Route) -> None:
            route.abort()

        page.route("**/v1/chat/completions", cut)
        ask(page, "Who built the old bridge?")
        expect(page.get_by_role("alert")).to_contain_text("server does not answer")
        page.unroute("**/v1/chat/completions")
        page.get_by_role("button", name="Try again").click()
        expect(page.locator(".answer-text")).to_have_text(BRIDGE)
        expect(page.get_by_role("alert")).to_have_count(0)
        expect(page.locator(".bubble")).to_have_count(1)


def test_when_the_context_is_full_the_oldest_questions_stay_behind(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        long = "bridge " * CONTEXT
        page.evaluate(
            "text => localStorage.setItem('glaswerk.conversations.v1', JSON.stringify([{id: 'a', messages: "
            "[{role: 'user', content: text}, {role: 'assistant', content: 'Yes.'}]}]))",
            long,
        )
        page.reload()
        page.locator(".open-conversation").click()
        ask(page, "Who built the old bridge?")
        expect(page.locator(".answer-text").last).to_have_text(BRIDGE)
        ask(page, long)
        expect(page.get_by_role("alert")).to_contain_text(f"{CONTEXT:,}")


def test_the_badge_shows_truth_with_its_interval_and_leads_to_the_report(
    browser: Browser, server: Running
) -> None:
    interval = {"truth_low": 0.642, "truth_high": 0.776}
    scope = {"truth_measure": "answers", "items": 1440, "key": "Wendham"}
    figures = interval | scope | {"truth": 0.714, "lean": "none"}

    def with_report(route: Route) -> None:
        reply = route.fetch()
        route.fulfill(response=reply, json=reply.json() | {"trust": figures})

    with visit(browser, server.url) as page:
        expect(page.locator(".badge")).to_have_text("Not yet evaluated")
        page.route("**/v1/glaswerk/info", with_report)
        page.reload()
        badge = page.locator("a.badge")
        expect(badge).to_have_text("Right answers71 %64–78 %on Wendham")
        expect(badge).to_have_attribute("title", re.compile(r"In 71 % of 1,440 questions about Wendham"))
        expect(badge).to_have_attribute("href", "/report")
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
        expect(badge).to_be_in_viewport(ratio=1)
        _fits(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast(browser: Browser, server: Running, scheme: str) -> None:
    with visit(browser, server.url, color_scheme=scheme) as page:
        ask_and_wait(page, "Who built the old bridge?")
        page.locator(".chip").click()
        moving = "document.getAnimations().some(a => a.playState === 'running')"
        wait_until(lambda: not page.evaluate(moving))
        poor = page.evaluate(_CONTRAST)
        assert poor == []
        lightness = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(re.findall(r"\d+", lightness)[0]) < 60) is (scheme == "dark")


def test_on_a_phone_nothing_overflows_and_the_sources_are_a_bottom_sheet(
    browser: Browser, server: Running
) -> None:
    with visit(browser, server.url, viewport=PHONE, has_touch=True, reduced_motion="reduce") as page:
        _fits(page)
        page.get_by_role("button", name="Conversations").click()
        expect(page.get_by_role("button", name="New chat")).to_be_in_viewport()
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="New chat")).to_have_count(0)
        ask_and_wait(page, "Who built the old bridge?")
        _fits(page)
        page.get_by_role("button", name=SPAN).tap()
        sheet = page.get_by_role("complementary", name="Sources")
        expect(sheet).to_be_visible()
        box = sheet.bounding_box()
        assert box is not None
        assert box["width"] == PHONE["width"]
        assert box["y"] > 100
        assert box["y"] + box["height"] == PHONE["height"]
        _fits(page)
        page.get_by_role("button", name="Whole document").first.tap()
        whole = page.get_by_role("dialog")
        expect(whole.locator(".document-text")).to_contain_text(SPAN)
        box = whole.bounding_box()
        assert box is not None
        assert (box["x"], box["width"]) == (0, PHONE["width"])
        _fits(page)
        page.get_by_role("button", name="Close document").tap()
        expect(page.locator("#main[inert]")).to_have_count(1)
        page.touchscreen.tap(180, 40)  # outside the sheet
        expect(sheet).to_be_hidden()
        expect(page.locator("#main[inert]")).to_have_count(0)


def _fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


# WCAG 2.2, 1.4.3: 4.5 to 1 for text, measured against the nearest opaque background; blended
# backgrounds (color-mix with transparent) are composed over what is below.
_CONTRAST = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = (node) => {
    if (!node) return [255, 255, 255, 1];
    const own = rgba(getComputedStyle(node).backgroundColor);
    return own[3] === 1 ? own : over(own, ground(node.parentElement));
  };
  const linear = (v) => (v /= 255, v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim()) continue;
    if (!node.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (node.closest('.unseen, .skip, noscript')) continue;
    const [a, b] = [light(over(rgba(getComputedStyle(node).color), ground(node))), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${walker.currentNode.data.trim().slice(0, 40)}`);
  }
  return poor;
}"""


def test_the_page_asks_for_a_key_and_keeps_it_in_its_tab(
    browser: Browser, copy: Lab, start: Callable[..., Running]
) -> None:
    _, text = make_key(copy)
    running = start(lab=copy)
    with visit(browser, running.url) as page:
        box = page.get_by_role("dialog", name="API key")
        expect(box).to_contain_text("This server needs an API key.")
        box.get_by_label("Key", exact=True).fill("gw_wrong")
        page.keyboard.press("Enter")
        expect(box).to_contain_text("does not accept this key")
        box.get_by_label("Key", exact=True).fill(text)
        box.get_by_role("button", name="Use this key").click()
        expect(box).to_be_hidden()
        ask_and_wait(page, "Who built the old bridge?")
        expect(page.locator(".answer-text")).to_have_text(BRIDGE)
        expect(page.locator(".chip")).to_be_visible()
        page.reload()
        expect(page).to_have_title("chat · Glaswerk")
        expect(box).to_be_hidden()
        assert (
            page.evaluate("Object.keys(localStorage).some((k) => localStorage[k].includes('gw_'))") is False
        )
        page.evaluate("sessionStorage.clear()")
        page.reload()
        expect(box).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("alert")).to_contain_text("needs an API key")
