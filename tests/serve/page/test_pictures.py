"""Pictures in a chat: drawn on request, with what they are made of and what they are near to."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from small_painters import add_painter

from glaswerk.lab import Lab
from tests.serve.conftest import Running

from .conftest import ask, browser, last_answer, says, visit

pytestmark = pytest.mark.browser
__all__ = ["browser"]
PROMPT = "one red house in the middle, at night, with a clear sky"


@pytest.fixture
def painted(copy: Lab, tmp_path: Path, start: Callable[..., Running]) -> Running:
    add_painter(copy, tmp_path / "painter")
    return start(lab=copy)


def drawn(page: Page) -> Image.Image:
    """The picture that is shown, once it is complete."""
    image = last_answer(page).locator(".drawn .drawn-image")
    expect(image).to_have_attribute("alt", PROMPT)
    source = image.get_attribute("src") or ""
    return Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2])))


def test_a_picture_is_drawn_explained_and_kept(browser: Browser, painted: Running) -> None:
    with visit(browser, painted.url) as page:
        page.get_by_label("Draw a picture").check()
        expect(page.get_by_placeholder("Describe a picture")).to_be_visible()
        ask(page, PROMPT)
        assert drawn(page).size == (32, 32)
        page.get_by_text("Why this picture").click()
        facts = page.locator(".drawn-facts")
        expect(facts).to_contain_text("made here and not changed since")
        expect(page.locator(".drawn-nearest li")).to_have_count(3)
        expect(page.locator(".drawn-nearest li").first).to_contain_text("Ada, CC0-1.0")
        expect(page.get_by_text("A picture that the model never saw is usually at")).to_be_visible()
        assert Axe().run(page).violations_count == 0
        with page.expect_download() as saved:
            page.get_by_role("link", name="Save the picture").click()
        assert saved.value.suggested_filename.startswith("one-red-house-in-the-middle")
        with Image.open(saved.value.path()) as image:
            assert image.size == (32, 32)
        page.reload()
        assert drawn(page).size == (32, 32)


def test_again_draws_another_picture_and_a_question_after_it_is_answered(
    browser: Browser, painted: Running
) -> None:
    with visit(browser, painted.url) as page:
        page.get_by_label("Draw a picture").check()
        ask(page, PROMPT)
        first = drawn(page)
        page.get_by_role("button", name="Answer again").click()
        expect(page.locator(".answer .versions")).to_have_text("2/2")
        assert drawn(page).tobytes() != first.tobytes()
        page.get_by_label("Draw a picture").uncheck()
        asked = says(page, "It is a house.")
        ask(page, "What is it?")
        expect(last_answer(page)).to_have_text("It is a house.")
        assert [one["content"] for one in asked[-1]["messages"]] == [
            PROMPT,
            f"[picture: {PROMPT}]",
            "What is it?",
        ]


def test_a_picture_that_fails_is_said_and_can_be_asked_for_again(browser: Browser, painted: Running) -> None:
    with visit(browser, painted.url) as page:
        broken = {"error": {"message": "80 pictures wait", "code": "too_many_pictures"}}
        page.route("**/v1/images/generations", lambda route: route.fulfill(status=429, json=broken))
        page.get_by_label("Draw a picture").check()
        ask(page, PROMPT)
        expect(page.get_by_role("alert")).to_contain_text("80 pictures wait")
        page.unroute("**/v1/images/generations")
        page.get_by_role("button", name="Try again").click()
        assert drawn(page).size == (32, 32)


def test_without_an_image_model_nothing_of_it_is_shown(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        expect(page.get_by_role("textbox", name="Message")).to_be_focused()
        expect(page.get_by_label("Draw a picture")).to_have_count(0)
