"""python docs/screenshot.py LAB FOLDER QUESTION ...: take pictures of the chat page in several states.

Serves the lab on a free port and asks each question in a new chat in headless Chromium. Writes to FOLDER, for
question N, answer-N.png (the answer with underlined spans and its novelty figure) and sources-N.png (the
panel with the documents of its first span); for the first question also chat.png (the page), chat-dark.png
(the same in dark mode) and document.png (its first document).

Needs Chromium (apt-get install chromium) and playwright (pip install -e '.[dev]').
"""

from __future__ import annotations

import io
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.server import Server, bind

SIZE: ViewportSize = {"width": 1280, "height": 800}
TALL = 1400
LARGEST = 200_000
# A chip with the matches, or a note that there are none.
SETTLED = ".answer-foot .chip, .answer-foot .reason, .failure"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def served(lab: Lab) -> Iterator[str]:
    """Serve the lab's chat model on a free port; yields the address."""
    with bind("127.0.0.1", 0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = Server(create_app(lab), address, address, False)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()


def photographs(browser: Browser, address: str, questions: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Yields (name, PNG) of every state."""
    for number, question in enumerate(questions, start=1):
        page = browser.new_page(viewport=SIZE, device_scale_factor=1, reduced_motion="reduce")
        page.set_default_timeout(240_000)
        page.goto(address)
        page.get_by_role("textbox", name="Message").fill(question)
        page.keyboard.press("Enter")
        page.locator(SETTLED).first.wait_for()
        yield f"answer-{number}.png", page.locator("#conversation").screenshot()
        if page.locator(".answer mark").count():
            page.locator(".answer mark").first.click()
            page.locator(".entry[open]").wait_for()
            yield f"sources-{number}.png", panel(page)
            if number == 1:
                yield from whole(page)
        page.close()


def whole(page: Page) -> Iterator[tuple[str, bytes]]:
    """The page in light and dark mode, and the first document of the panel."""
    yield "chat.png", page.screenshot()
    page.emulate_media(color_scheme="dark")
    yield "chat-dark.png", page.screenshot()
    page.emulate_media(color_scheme="light")
    page.get_by_role("button", name="Whole document").first.click()
    page.locator(".document-facts").wait_for()
    yield "document.png", page.get_by_role("dialog").screenshot()


def panel(page: Page) -> bytes:
    """The sources panel at its full height."""
    page.set_viewport_size({**SIZE, "height": TALL})
    box = page.locator("#sources").bounding_box()
    last = page.locator("#sources-body > :last-child").bounding_box()
    assert box is not None
    assert last is not None
    height = min(last["y"] + last["height"] + 20, TALL)
    picture = page.screenshot(clip={"x": box["x"], "y": 0, "width": box["width"], "height": height})
    page.set_viewport_size(SIZE)
    return picture


def smaller(picture: bytes) -> bytes:
    """The picture as a PNG of at most 200 kB, with fewer colours if necessary."""
    for colours in (0, 256, 128, 64):
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        buffer = io.BytesIO()
        (image.quantize(colours) if colours else image).save(buffer, "PNG", optimize=True)
        if buffer.tell() <= LARGEST:
            break
    return buffer.getvalue()


def main(arguments: list[str]) -> None:
    if len(arguments) < 3:
        raise GlaswerkError(
            f"expected LAB FOLDER QUESTION ..., found {len(arguments)} arguments",
            hint='python docs/screenshot.py demo-lab docs "Who is the mayor?"',
        )
    lab, folder, *questions = arguments
    if not Path(folder).is_dir():
        raise GlaswerkError(f"expected a folder that exists, found {folder}")
    chromium = shutil.which("chromium")
    if chromium is None:
        raise GlaswerkError("no chromium on the PATH", hint="apt-get install chromium")
    with served(Lab.open(Path(lab))) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        for name, picture in photographs(browser, address, questions):
            (Path(folder) / name).write_bytes(smaller(picture))
        browser.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except GlaswerkError as error:
        sys.exit(str(error))
