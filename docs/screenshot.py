"""python docs/screenshot.py LAB QUESTION OUT.png: a real answer with its sources, as a picture of 1280 x 800.

Serves the lab on a free port, asks the question in headless Chromium, opens the sources panel.
Needs Chromium (apt-get install chromium) and playwright (pip install -e '.[dev]').
"""

from __future__ import annotations

import io
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.server import Server, bind

SIZE = {"width": 1280, "height": 800}
LARGEST = 300_000
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


@contextmanager
def served(lab: Lab) -> Iterator[str]:
    """The lab's chat model on a free port; yields the address."""
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


def photograph(browser: Browser, address: str, question: str) -> bytes:
    """PNG of the chat page after the answer, with the sources of its first span open."""
    page = browser.new_page(viewport=SIZE, device_scale_factor=1, reduced_motion="reduce")
    page.set_default_timeout(240_000)
    page.goto(address)
    page.get_by_role("textbox", name="Message").fill(question)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Copy answer").wait_for()
    settled = page.locator(".answer-foot .chip, .answer-foot .reason, .failure")
    settled.first.wait_for()
    if page.locator(".answer mark").count():
        page.locator(".answer mark").first.click()
        page.locator(".entry[open]").wait_for()
    return page.screenshot()


def smaller(picture: bytes) -> bytes:
    """The same picture as a PNG of at most 300 kB: fewer colours where need be."""
    for colours in (0, 256, 128, 64):
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        buffer = io.BytesIO()
        (image.quantize(colours) if colours else image).save(buffer, "PNG", optimize=True)
        if buffer.tell() <= LARGEST:
            break
    return buffer.getvalue()


def main(arguments: list[str]) -> None:
    if len(arguments) != 3:
        raise GlaswerkError(
            f"expected LAB QUESTION OUT.png, found {len(arguments)} arguments",
            hint='python docs/screenshot.py demo-lab "Who is the mayor?" chat.png',
        )
    folder, question, out = arguments
    if not Path(out).absolute().parent.is_dir():
        raise GlaswerkError(f"expected a file in a folder that exists, found {out}")
    chromium = shutil.which("chromium")
    if chromium is None:
        raise GlaswerkError("no chromium on the PATH", hint="apt-get install chromium")
    with served(Lab.open(Path(folder))) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        Path(out).write_bytes(smaller(photograph(browser, address, question)))
        browser.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except GlaswerkError as error:
        sys.exit(str(error))
