"""The chat page over a lab whose documents are hostile and a model that recites them, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from glaswerk.lab import Lab
from glaswerk.serve import create_app

from .conftest import EVIL_ANSWER, EVIL_FACTS, EVIL_QUESTION, Running, run_app
from .test_page import DESKTOP, PHONE, ask_and_wait, browser, visit

pytestmark = pytest.mark.browser
__all__ = ["browser"]
FITS = "document.documentElement.scrollWidth <= window.innerWidth"


@pytest.fixture(scope="module")
def evil(evil_folder: object) -> Iterator[Running]:
    """A server over the hostile lab."""
    lab = Lab.open(evil_folder)  # type: ignore[arg-type]
    with run_app(create_app(lab)) as running:
        yield running
    lab.ledger.close()


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["with CSP", "without CSP"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_hostile_posts_authors_addresses_and_licences_stay_text(
    browser: Browser, evil: Running, bypass_csp: bool, viewport: dict[str, int]
) -> None:
    with visit(browser, evil.url, bypass_csp=bypass_csp, viewport=viewport) as page:
        ask_and_wait(page, EVIL_QUESTION)
        expect(page.locator(".answer-text")).to_contain_text("<script>document.title=8</script>")
        page.locator(".chip").click()
        expect(page.locator(".card").first).to_be_visible()
        assert page.evaluate(FITS)
        for link in page.locator("#sources a").all():
            assert str(link.get_attribute("href")).startswith("https://")
        for opener in page.get_by_role("button", name="Whole document").all():
            opener.click()
            expect(page.locator(".document-text")).to_contain_text("The mill <img src=x")
            assert page.evaluate(FITS)
            for link in page.locator("dialog a").all():
                assert str(link.get_attribute("href")).startswith("https://")
            assert page.locator("main img, aside img, dialog img, aside script, dialog script").count() == 0
            page.keyboard.press("Escape")
        expect(page).to_have_title("chat · Glaswerk")


def test_a_name_that_reverses_the_order_of_letters_is_shown_with_its_codes(
    browser: Browser, evil: Running
) -> None:
    with visit(browser, evil.url) as page:
        ask_and_wait(page, EVIL_QUESTION)
        page.locator(".chip").click()
        opener = page.get_by_role("button", name=r"Whole document by \u202eevil\u2066")
        expect(opener).to_have_count(1)
        expect(page.locator(".card strong").filter(has_text="evil")).to_have_text(r"\u202eevil\u2066")
        opener.click()
        expect(page.get_by_role("dialog", name=r"\u202eevil\u2066")).to_be_visible()


def test_every_hostile_id_finds_its_document(browser: Browser, evil: Running) -> None:
    with visit(browser, evil.url) as page:
        for author, _, _, identifier in EVIL_FACTS:
            reply = page.request.get(f"{evil.url}/v1/documents/{_quoted(identifier)}")
            assert reply.status == 200, identifier
            assert reply.json()["author"] == author
            assert EVIL_ANSWER in reply.json()["text"]


def _quoted(identifier: str) -> str:
    from urllib.parse import quote

    return quote(identifier, safe="")
