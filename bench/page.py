"""python -m bench.page [LAB]: size, speed and accessibility of the chat page in Chromium.

Without LAB it makes a lab with an untrained model. Prints:
- kilobytes of the first view, gzipped; the limit is 350;
- seconds from the request to a message box that takes a key and a model that is known;
- milliseconds of a search in 10,000 conversations of this browser, the first one, which reads them, apart;
- milliseconds of a frame while 1,000 messages are scrolled, by hand (120 pixels a frame) and in jumps;
- Lighthouse's accessibility and best practices where `lighthouse` is on the PATH or in $LIGHTHOUSE.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from glaswerk.lab import Lab
from glaswerk.serve import create_app
from glaswerk.serve.app import STATIC
from glaswerk.serve.server import Server, bind
from tests.support.chromium import FLAGS

TIMES = 3
USABLE = "document.activeElement?.id === 'prompt' && document.title.includes(' · ')"
# Conversations of four messages with some two kilobytes of made-up words each.
FILL = """async (many) => {
  const said = 'bridge mill river archive bakery mason street garden lantern winter letter market';
  const words = said.split(' ');
  const word = (seed, i) => words[(seed * 7 + i * i) % 12];
  const text = (seed, long) => Array.from({ length: long }, (_, i) => word(seed, i)).join(' ');
  const database = await new Promise((resolve) => {
    const asked = indexedDB.open('glaswerk');
    asked.onsuccess = () => resolve(asked.result);
  });
  for (let from = 0; from < many; from += 500) {
    const to = database.transaction(['conversations', 'summaries', 'texts'], 'readwrite');
    for (let n = from; n < Math.min(many, from + 500); n += 1) {
      const id = `made-${n}`;
      const messages = {};
      let parent = null;
      for (let m = 0; m < 4; m += 1) {
        const one = `${id}-${m}`;
        const role = m % 2 ? 'assistant' : 'user';
        messages[one] = { id: one, parent, role, content: text(n + m, 80), at: m };
        parent = one;
      }
      const whole = { version: 2, id, created: n, updated: n, messages, chosen: {} };
      const title = `${text(n, 5)} ${n}`;
      to.objectStore('conversations').put(whole);
      to.objectStore('summaries').put({ id, title, folder: '', updated: n, version: 2 });
      const said = Object.values(messages).map((one) => one.content).join(' ');
      to.objectStore('texts').put(`${title} ${said}`, id);
    }
    await new Promise((resolve) => { to.oncomplete = resolve; });
  }
  database.close();
}"""
# From the last key to the list that shows what was found.
SEARCH = """async (query) => {
  const box = document.getElementById('search');
  const start = performance.now();
  box.value = query;
  box.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((resolve) => {
    const watch = new MutationObserver(() => (watch.disconnect(), resolve()));
    const list = document.getElementById('conversations');
    watch.observe(list, { childList: true, subtree: true, characterData: true });
  });
  const shown = performance.now() - start;
  box.value = '';
  box.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return shown;
}"""
LONG = """async (many) => {
  const database = await new Promise((resolve) => {
    const asked = indexedDB.open('glaswerk');
    asked.onsuccess = () => resolve(asked.result);
  });
  const messages = {};
  let parent = null;
  for (let m = 0; m < many; m += 1) {
    const id = `long-${m}`;
    const fence = '`'.repeat(3);
    const answer = `**Answer ${m}**\\n\\n- one\\n- two\\n\\n${fence}python\\nx = ${m}\\n${fence}\\n`;
    const content = m % 2 ? answer : `Question ${m}?`;
    messages[id] = { id, parent, role: m % 2 ? 'assistant' : 'user', content, at: m };
    parent = id;
  }
  const to = database.transaction(['conversations', 'summaries', 'texts'], 'readwrite');
  const whole = { version: 2, id: 'long', created: 1, updated: 9e12, messages, chosen: {} };
  to.objectStore('conversations').put(whole);
  to.objectStore('summaries').put({ id: 'long', title: 'Long', folder: '', updated: 9e12, version: 2 });
  to.objectStore('texts').put('long', 'long');
  await new Promise((resolve) => { to.oncomplete = resolve; });
  database.close();
}"""
SCROLL = """async (pixels) => {
  const column = document.getElementById('scroll');
  const frames = [];
  let last = performance.now();
  const step = pixels || column.scrollHeight / 120;
  for (let at = column.scrollHeight; at > 0 && frames.length < 400; at -= step) {
    column.scrollTop = at;
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  return frames;
}"""


@contextmanager
def served(lab: Lab) -> Iterator[str]:
    """The lab on a free port."""
    with bind("127.0.0.1", 0) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = Server(create_app(lab), address, address, False)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield address
        finally:
            server.should_exit = True
            thread.join()


def first_view() -> float:
    """Kilobytes that are loaded before one can type."""
    page = (STATIC / "index.html").read_text()
    named = {"index.html", *re.findall(r'(?:src|href)="/static/([^"#]+)"', page)}
    return sum(len(gzip.compress((STATIC / name).read_bytes())) for name in named) / 1000


def usable(browser: Browser, address: str) -> float:
    """Seconds until the message box takes keys and the page knows its model, in a new profile."""
    context = browser.new_context()
    page = context.new_page()
    start = time.perf_counter()
    page.goto(address, wait_until="commit")
    # `wait_for_function` evaluates a text in the page, which its policy refuses.
    while not page.evaluate(USABLE):
        time.sleep(0.005)
    seconds = time.perf_counter() - start
    context.close()
    return seconds


def search(page: Page, address: str) -> list[float]:
    """Milliseconds of searches in 10,000 conversations; the first one reads them."""
    page.goto(address)
    page.wait_for_selector("#search")
    page.wait_for_timeout(500)
    page.evaluate(FILL, 10_000)
    page.reload()
    page.wait_for_selector(".open-conversation")
    queries = ["bridge lantern", "mason 77", "zeppelin", "winter", "market 9999"]
    return [page.evaluate(SEARCH, query) for query in queries]


def scroll(page: Page, address: str) -> Iterator[tuple[str, list[float], float]]:
    """Scrolls through 1,000 messages, a fast one by hand and one in 120 jumps.

    Yields names, milliseconds of each frame, and milliseconds that the page's thread worked a frame.
    """
    page.evaluate(LONG, 1000)
    page.goto(f"{address}/#chat=long")
    page.reload()
    page.wait_for_selector("text=Answer 999")
    page.wait_for_timeout(1000)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    for name, pixels in (("120 pixels a frame", 120), ("in 120 jumps", 0)):
        before = tasks(devtools)
        frames: list[float] = page.evaluate(SCROLL, pixels)
        yield name, frames, 1000 * (tasks(devtools) - before) / len(frames)


def tasks(devtools: CDPSession) -> float:
    """Seconds that the page's thread has worked."""
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(one["value"] for one in metrics if one["name"] == "TaskDuration"))


def lighthouse(address: str) -> dict[str, float] | None:
    """Scores from 0 to 100; None without Lighthouse."""
    program = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")
    if program is None:
        return None
    chrome = shutil.which("chromium") or ""
    only = "--only-categories=accessibility,best-practices"
    flags = f"--chrome-flags=--headless=new {' '.join(FLAGS)}"
    command = [program, address, only, flags, "--output=json", "--quiet", "--max-wait-for-load=60000"]
    done = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": chrome}, capture_output=True, timeout=300
    )
    found = json.loads(done.stdout)["categories"]
    return {name: round(100 * category["score"]) for name, category in found.items()}


def small_lab(folder: Path) -> Lab:
    """A lab with an untrained model, which is enough for a page."""
    from glaswerk.tokenizer import pack, train_tokenizer
    from glaswerk.tokenizer.training import TokenizerConfig
    from tests.serve.conftest import make_corpus, make_model

    lab = Lab.init(folder, "bench")
    make_corpus(lab)
    train_tokenizer(lab, TokenizerConfig(400))
    pack(lab)
    make_model(lab, "chat/step-0", steps=0)
    return lab


def main() -> None:
    """Print every figure."""
    sys.stdout.write(f"first view  {first_view():.1f} kB gzipped (at most 350)\n")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        lab = Lab.open(Path(sys.argv[1])) if len(sys.argv) > 1 else small_lab(Path(folder) / "lab")
        with served(lab) as address:
            chromium = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            times = [usable(browser, address) for _ in range(TIMES)]
            sys.stdout.write(f"usable  {statistics.median(times):.2f} s (at most 1; {TIMES} new profiles)\n")
            page = browser.new_context().new_page()
            first, *others = search(page, address)
            sys.stdout.write(f"search in 10,000  {max(others):.0f} ms (at most 100), first {first:.0f} ms\n")
            for name, frames, busy in scroll(page, address):
                text = f"median frame {statistics.median(frames):.0f} ms, slowest {max(frames):.0f} ms"
                sys.stdout.write(f"1,000 messages, {name}  {text}; {busy:.1f} ms CPU a frame\n")
            browser.close()
            scores = lighthouse(address)
            sys.stdout.write(f"Lighthouse  {scores or 'not measured: no lighthouse on the PATH'}\n")


if __name__ == "__main__":
    main()
