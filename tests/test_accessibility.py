"""Every report page passes axe-core, on a phone and a wide screen, in light and dark."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from glaswerk.core.pages.marks import mark
from glaswerk.lab import Lab
from glaswerk.release import prepare, write
from glaswerk.rerun.exposure import count_exposures
from tests.support.chromium import FLAGS

pytestmark = pytest.mark.browser

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium on the PATH: apt-get install chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def pages(lab_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Corpus report, run report, trust report and the papers of a release, all made by the real stages."""
    root = tmp_path_factory.mktemp("accessible")
    lab = Lab.open(shutil.copytree(lab_folder, root / "lab", ignore=shutil.ignore_patterns("*-shm", "*-wal")))
    count_exposures(lab)
    chat = lab.latest("model", "chat")
    assert chat is not None
    write(prepare(lab, chat, root / "release"), chat, root / "release")
    lab.ledger.close()
    found = sorted(path for path in root.rglob("*.html") if "scratch" not in path.parts)
    folders = {path.relative_to(root).parts[-3] for path in found if "lab" in path.parts}
    assert folders >= {"corpora", "runs"}
    return found


def violations(browser: Browser, page_file: Path, **options: Any) -> list[str]:
    context = browser.new_context(bypass_csp=True, **options)
    page = context.new_page()
    page.goto(page_file.as_uri())
    for folded in page.locator("details").all():
        folded.evaluate("element => element.open = true")
    found = Axe().run(page).response["violations"]
    context.close()
    return [f"{page_file.name}: {one['id']} at {one['nodes'][0]['html'][:120]}" for one in found]


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_violation(browser: Browser, pages: list[Path], width: int, scheme: str) -> None:
    size = {"width": width, "height": 800}
    found = [violations(browser, page, viewport=size, color_scheme=scheme) for page in pages]
    assert [words for one in found for words in one] == []


def test_a_plot_without_a_name_would_be_found(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        f'<html lang="en"><title>t</title><main><h1>t</h1>{mark("svg", role="img").render()}</main>'
    )
    assert any("svg-img-alt" in words for words in violations(browser, page))
