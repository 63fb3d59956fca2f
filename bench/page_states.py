"""python -m bench.page_states LAB FOLDER: a picture of every state of the chat page.

Serves the lab of `glaswerk demo` and drives the page in headless Chromium, on a desktop and a phone, light
and dark, in English and German. What a model of two million parameters never writes (Markdown, code,
formulas) is given to the page instead of its answer; everything else is the model's own.
docs/how-to/page-states.md describes each picture.

Needs Chromium (apt-get install chromium) and playwright (pip install -e '.[dev]').
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, Route, sync_playwright

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from tests.support.chromium import FLAGS

from .page import served

DESKTOP = {"width": 1180, "height": 760}
PHONE = {"width": 390, "height": 780}
COLOURS = 64
ASKED = "What is the bakery on Tanner Row called?"
NEAR = "Which street does Petra Onions live on?"
RICH = """## The area of a bridge

It is **width** times *length*; for a round pier it is $a = \\pi r^2$.

| part | metres |
|------|-------:|
| deck | 42.0 |
| pier | 3.5 |

```python
def area(radius: float) -> float:
    return math.pi * radius**2
```

$$\\int_0^1 x^2 \\, dx = \\frac{1}{3}$$

![A photograph](https://elsewhere.example/bridge.jpg)
"""
DRAWN = "three red houses on the left and one white boat in the middle, by day, with a clear sky"
# A chip with the matches, a note that there are none, or quotes.
SETTLED = ".chip, .reason, .ground"
CALL = {"id": "c1", "server": "glaswerk", "name": "search", "arguments": '{"query": "old bridge"}'}
FOUND = "[1] Anna Behr built the old bridge in 1787.\n    source: clara, 2023-01-06, x:1664501640062891897"
WAITS = {"id": "c2", "server": "files", "name": "write_file", "approval": "mcpr_1", "status": "pending"}
State = Callable[[Page], None]


def ask(page: Page, text: str) -> None:
    """Ask, and wait for the answer and its trace."""
    before = page.locator(".answer").count()
    page.locator("#prompt").fill(text)
    page.keyboard.press("Enter")
    page.locator(f".answer:not(.is-busy) >> nth={before}").wait_for()
    settled(page)
    close_toast(page)


def settled(page: Page) -> None:
    """The last answer has its trace; one that quotes documents has none."""
    page.locator(".answer").last.locator(SETTLED).first.wait_for()
    page.wait_for_timeout(500)
    page.mouse.move(0, 0)


def close_toast(page: Page) -> None:
    """A toast goes by itself after eight seconds."""
    page.evaluate("document.getElementById('toast').hidden = true")


def says(page: Page, text: str, *calls: dict[str, Any]) -> None:
    """From now on the model's answer is this text, after these calls."""

    def answer(route: Route) -> None:
        chunks: list[dict[str, Any]] = [{"delta": {"content": text}}, {"delta": {}, "finish_reason": "stop"}]
        told = [{"choices": [], "glaswerk": {"tool_call": call}} for call in calls]
        told += [{"choices": [{"index": 0, **one}]} for one in chunks]
        lines = [json.dumps({"id": "chatcmpl-1", **one}) for one in told]
        body = "".join(f"data: {line}\n\n" for line in [*lines, "[DONE]"])
        route.fulfill(status=200, content_type="text/event-stream", body=body)

    page.unroute("**/v1/chat/completions")
    page.route("**/v1/chat/completions", answer)


def ground(page: Page, on: bool) -> None:
    """Whether answers quote documents."""
    if page.locator("#ground").is_checked() != on:
        page.locator("#ground").click()


def answer(page: Page) -> None:
    """An answer of the model with its underlines."""
    ground(page, False)
    ask(page, NEAR)


def sources(page: Page) -> None:
    """The panel at the first underlined words."""
    answer(page)
    page.locator(".chip").last.click()
    page.locator(".card").first.wait_for()


def document(page: Page) -> None:
    """A document in full."""
    sources(page)
    page.locator(".card .show-all").last.click()
    page.locator(".document-facts").wait_for()


def quoted(page: Page) -> None:
    """An answer from documents."""
    ground(page, True)
    ask(page, ASKED)


def declined(page: Page) -> None:
    """A question that no document answers."""
    ground(page, True)
    ask(page, "Who invented the telephone?")


def markdown(page: Page) -> None:
    """Everything that Markdown can be."""
    ground(page, False)
    says(page, RICH)
    ask(page, "How large is it?")
    page.locator(".katex").last.wait_for()
    page.locator(".answer").last.scroll_into_view_if_needed()


def versions(page: Page) -> None:
    """A second answer, and the first one beside it."""
    answer(page)
    page.locator(".again").last.click()
    page.locator(".answer .versions").wait_for()
    settled(page)


def editing(page: Page) -> None:
    """A message that is being changed."""
    answer(page)
    page.locator("#prompt").press("ArrowUp")
    page.locator(".edit textarea").wait_for()


def paste(page: Page) -> None:
    """A long paste, and a long message, both folded."""
    ground(page, False)
    says(page, "I have read it.")
    ask(page, "The gazette of the town, all of it. " * 400)
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData('text/plain', text);
          const paste = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
          document.getElementById('prompt').dispatchEvent(paste);
        }""",
        "A long text that was pasted. " * 300,
    )
    page.locator(".attached .file").wait_for()


def stopped(page: Page) -> None:
    """A stop before the first word."""
    ground(page, False)
    page.route("**/v1/chat/completions", lambda route: None)
    page.locator("#prompt").fill(NEAR)
    page.keyboard.press("Enter")
    page.locator(".thinking").wait_for()
    page.keyboard.press("Escape")
    page.locator(".silent").wait_for()


def failed(page: Page) -> None:
    """A server that is away."""
    ground(page, False)
    page.route("**/v1/chat/completions", lambda route: route.abort())
    page.locator("#prompt").fill(NEAR)
    page.keyboard.press("Enter")
    page.locator(".failure").wait_for()


def history(page: Page) -> None:
    """Chats, one of them in a folder, and the menu of one."""
    answer(page)
    said = {"When does the bakery open?": "It opens at six.", "What is on at the Goose Fair?": "Geese."}
    for question, text in said.items():
        page.keyboard.press("Control+Shift+o")
        says(page, text)
        ask(page, question)
    if page.locator("#open-sidebar").is_visible():
        page.locator("#open-sidebar").click()
    page.locator(".row-more").first.click()
    page.locator(".menu button").first.click()
    page.locator("#rename-folder").fill("Town")
    page.locator("#rename button[type=submit]").click()
    page.locator(".folder").wait_for()
    page.locator(".row-more").last.click()


def calls(page: Page) -> None:
    """A call with what it gave, and one that waits for the reader."""
    ground(page, False)
    done = {**CALL, "status": "completed", "output": FOUND, "left_out": 0}
    waits = {**WAITS, "arguments": '{"path": "bridge.txt", "text": "Anna Behr, 1787"}'}
    says(page, "", done, waits)
    page.locator("#prompt").fill("Who built the old bridge? Write it into a file.")
    page.keyboard.press("Enter")
    page.locator(".calls-ask").wait_for()
    page.locator(".call summary").first.click()
    page.evaluate("document.getElementById('scroll').scrollTop = 1e9")


def drawn(page: Page) -> None:
    """A picture, with what it is made of and near to."""
    page.locator("#draw").check()
    page.locator("#prompt").fill(DRAWN)
    page.keyboard.press("Enter")
    page.locator(".drawn .answer-details summary").click()
    page.locator(".drawn-nearest img").first.wait_for()
    page.evaluate("document.getElementById('scroll').scrollTop = 1e9")


def temporary(page: Page) -> None:
    """A chat of which nothing is kept."""
    page.keyboard.press("Control+k")
    page.locator(".palette-box").fill("e")
    page.locator(".palette-item").nth(1).wait_for()
    page.keyboard.press("Escape")
    page.locator("button[aria-pressed]").first.click()


def dialog(words: str) -> State:
    """The dialog that a command opens."""

    def state(page: Page) -> None:
        page.keyboard.press("Control+k")
        page.locator(".palette-box").fill(words)
        if words:
            page.keyboard.press("Enter")
        page.wait_for_timeout(1200)

    return state


STATES: dict[str, State] = {
    "empty": lambda page: page.wait_for_timeout(500),
    "answer": answer,
    "sources": sources,
    "document": document,
    "quoted": quoted,
    "declined": declined,
    "markdown": markdown,
    "versions": versions,
    "editing": editing,
    "paste": paste,
    "stopped": stopped,
    "failed": failed,
    "history": history,
    "calls": calls,
    "drawn": drawn,
    "temporary": temporary,
    "palette": dialog(""),
    "settings": dialog("settings"),
    "help": dialog("shortcuts"),
    "tour": dialog("underlines mean"),
    "usage": dialog("keys and usage"),
    "runs": dialog("training runs"),
}
PHONE_STATES = ("empty", "answer", "sources", "markdown", "history", "calls", "drawn", "settings")
DARK_STATES = ("empty", "sources", "markdown", "quoted")
GERMAN_STATES = ("empty", "sources", "quoted", "declined", "drawn")


def pictures() -> Iterator[tuple[str, State, dict[str, Any]]]:
    """(name, state, options of the browser) of every picture."""
    for name, state in STATES.items():
        yield name, state, {"viewport": DESKTOP}
    for name in PHONE_STATES:
        yield f"{name}-phone", STATES[name], {"viewport": PHONE, "has_touch": True}
    for name in DARK_STATES:
        yield f"{name}-dark", STATES[name], {"viewport": DESKTOP, "color_scheme": "dark"}
    for name in GERMAN_STATES:
        yield f"{name}-german", STATES[name], {"viewport": DESKTOP, "locale": "de-DE"}
    yield "answer-phone-dark-german", answer, {"viewport": PHONE, "color_scheme": "dark", "locale": "de-DE"}


def photograph(browser: Browser, address: str, state: State, options: dict[str, Any]) -> bytes:
    """The page in one state, in a new profile."""
    context = browser.new_context(device_scale_factor=1, reduced_motion="reduce", **options)
    page = context.new_page()
    page.set_default_timeout(90_000)
    page.goto(address)
    page.locator(".suggestion").first.wait_for()
    state(page)
    close_toast(page)
    picture = page.screenshot()
    context.close()
    return picture


def smaller(picture: bytes) -> bytes:
    """The picture with few colours."""
    buffer = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def main(arguments: list[str]) -> None:
    """Write every picture, or those whose names begin with the words that follow."""
    if len(arguments) < 2:
        raise GlaswerkError(
            "expected LAB FOLDER [NAME ...]", hint="python -m bench.page_states demo-lab docs/page"
        )
    lab, folder, *wanted = arguments
    chromium = shutil.which("chromium")
    if chromium is None:
        raise GlaswerkError("no chromium on the PATH", hint="apt-get install chromium")
    with served(Lab.open(Path(lab))) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name, state, options in pictures():
            if wanted and not name.startswith(tuple(wanted)):
                continue
            try:
                (Path(folder) / f"{name}.png").write_bytes(
                    smaller(photograph(browser, address, state, options))
                )
                sys.stdout.write(f"{name}\n")
            except Exception as error:  # noqa: BLE001 - one state that fails does not take the others
                sys.stdout.write(f"{name}: {str(error).splitlines()[0]}\n")
            sys.stdout.flush()
        browser.close()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except GlaswerkError as error:
        sys.exit(str(error))
