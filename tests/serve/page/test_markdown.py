"""Answers in Markdown: drawn, safe, and with the underlines kept over them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from tests.serve.conftest import BRIDGE, Running

from .conftest import ask, browser, last_answer, says, visit

pytestmark = pytest.mark.browser
__all__ = ["browser"]

RICH = """# Bridges

The **old** bridge, *stone* and `code`.

- one
- two **bold** words
  1. inner

> a quote

| year | name |
|-----:|------|
| 1874 | Anna |

```python
def build(year: int) -> str:
    return f"bridge of {year}"
```

The area is $a = \\pi r^2$, and

$$\\int_0^1 x^2 \\, dx = \\frac{1}{3}$$

See [the archive](https://example.org/bridge) and ![a picture](https://elsewhere.example/p.png).
"""


def test_markdown_code_tables_and_formulas_are_drawn(browser: Browser, server: Running) -> None:
    with visit(browser, server.url) as page:
        says(page, RICH)
        ask(page, "Tell me all about it")
        text = last_answer(page)
        expect(text.get_by_role("heading", name="Bridges")).to_be_visible()
        expect(text.locator("strong").first).to_have_text("old")
        expect(text.locator("ul > li")).to_have_count(2)
        expect(text.locator("ul ol > li")).to_have_text("inner")
        expect(text.locator("blockquote")).to_contain_text("a quote")
        expect(text.get_by_role("table").get_by_role("cell", name="1874")).to_have_class("align-right")
        expect(text.locator(".hljs-keyword").first).to_have_text("def")
        expect(text.locator(".math .katex")).to_have_count(2)
        expect(text.locator("math").first).to_contain_text("π")
        link = text.get_by_role("link", name="the archive")
        expect(link).to_have_attribute("href", "https://example.org/bridge")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
        assert "(example.org)" in link.evaluate(
            "node => getComputedStyle(node, '::after').content + '' + ' (' + node.dataset.host + ')'"
        )


def test_code_is_copied_exactly(browser: Browser, server: Running) -> None:
    with visit(browser, server.url, permissions=["clipboard-read", "clipboard-write"]) as page:
        says(page, RICH)
        ask(page, "Code, please")
        last_answer(page).get_by_role("button", name="Copy code").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == 'def build(year: int) -> str:\n    return f"bridge of {year}"\n'


def test_underlines_are_kept_over_bold_words_lists_and_code(browser: Browser, server: Running) -> None:
    """The trace is of the raw answer: its places are code points of the Markdown."""
    bold = BRIDGE.replace("Anna Behr", "**Anna** Behr")
    answer = f"🥐 Well:\n\n- It is **said** that\n- {bold}\n\n```\n{BRIDGE}\n```\n"
    first, second = answer.index("The old"), answer.rindex("The old")
    spans = [
        {"start": first, "end": answer.index("Behr") + 4, "text": "The old … Anna Behr"},
        {"start": second, "end": second + len(BRIDGE) - 1, "text": BRIDGE[:-1]},
    ]
    more = {"words": 15, "count": 3, "rarity": -130.0, "documents": []}
    trace = {"label": "verbatim match", "spans": [one | more for one in spans],
             "novelty": {"share": 0, "n": 8, "words": 0, "measurable": False}}  # fmt: skip

    def traced(route: Route) -> None:
        route.fulfill(json=trace)

    with visit(browser, server.url) as page:
        page.route(
            "**/v1/traces/*",
            lambda route: route.fulfill(status=404, json={"error": {"code": "answer_not_found"}}),
        )
        page.route("**/v1/glaswerk/trace", traced)
        says(page, answer)
        ask(page, "Who built it?")
        text = last_answer(page)
        listed = text.locator("li mark[data-span='0']")
        expect(listed).to_have_text(
            ["The old bridge over the Lind was built in 1874 by the mason ", "Anna", " Behr"]
        )
        expect(text.locator("strong > mark")).to_have_text("Anna")
        expect(text.locator("pre mark[data-span='1']")).to_have_text(BRIDGE[:-1])
        # One button each, however many pieces: a screen reader hears the whole span.
        expect(text.get_by_role("button", name="The old … Anna Behr")).to_have_count(1)
        assert text.locator("mark[role=button]").count() == 2
        text.locator("strong > mark").click()
        expect(page.locator(".entry[open]")).to_have_count(1)
        expect(text.locator("mark.is-active")).to_have_count(3)


MISCHIEF = """<script>document.title = 'bad'</script> <img src=x onerror="document.title='bad'">

[a script](javascript:document.title='bad') and [data](data:text/html,<script>alert(1)</script>) and
[odd](JaVaScRiPt:alert(1)) and [vb](vbscript:x) and [file](file:///etc/passwd) <javascript:alert(1)>

![tracker](https://tracker.example/pixel.png?who=you) ![data](data:image/svg+xml;base64,PHN2Zz4=)
![](//tracker.example/x.png)

<iframe src="https://tracker.example/"></iframe> <style>body { display: none }</style>
<a href="javascript:alert(1)" onclick="alert(1)">raw</a> <form action="https://tracker.example"><input></form>

[reference][x] and ![image reference][x]

[x]: https://tracker.example/ref "onmouseover=alert(1)"

`<b>code</b>` and

```html
<script>document.title = 'bad'</script><img src="https://tracker.example/y.png">
```
"""


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["with CSP", "without CSP"])
def test_nothing_that_a_model_writes_runs_or_is_fetched(
    browser: Browser, server: Running, bypass_csp: bool
) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    with visit(browser, server.url, bypass_csp=bypass_csp) as page:
        page.on("request", note)
        says(page, MISCHIEF)
        ask(page, "Do your worst")
        text = last_answer(page)
        expect(text).to_contain_text("<script>document.title = 'bad'</script>")
        expect(text.locator(".hljs-name, .hljs-tag").first).to_be_visible()
        assert text.locator("img, script, iframe, style, form, input, object, embed").count() == 0
        links = text.locator("a").evaluate_all("nodes => nodes.map(n => n.href)")
        assert links
        assert [one for one in links if not one.startswith("https://tracker.example/")] == []
        picture = text.get_by_role("link", name="tracker: Image at tracker.example, not loaded")
        expect(picture).to_have_attribute("title", "https://tracker.example/pixel.png?who=you")
        assert page.evaluate(
            "[...document.querySelectorAll('main *')].every(n => ![...n.attributes].some("
            "a => a.name.startsWith('on')))"
        )
        expect(page).to_have_title("chat · Glaswerk")
        assert [one for one in asked if not one.startswith((server.url, "data:"))] == []


BOMBS = {
    "doubles itself": r"$$\def\a{xx}\def\b{\a\a}\def\c{\b\b}\def\d{\c\c}\def\e{\d\d}\def\f{\e\e}\def\g{\f\f}"
    r"\def\h{\g\g}\def\i{\h\h}\def\j{\i\i}\i\j$$",
    "calls itself": r"$\def\a{\a\a}\a$",
    "a giant rule": r"$\rule{100000em}{100000em}$",
    "links": r"$\href{javascript:alert(1)}{x} \url{https://tracker.example} \includegraphics{https://tracker.example/x.png}$",
    "html": r"$\htmlClass{x}{y} \htmlData{a=b}{c} \htmlStyle{position:fixed}{z}$",
    "too long": "$$" + r"\frac{1}{2}+" * 2000 + "$$",
    "far away": r"$\raisebox{-9999em}{x} \kern{-9999em} y$",
    "unclosed": r"$$\frac{1}{",
}


@pytest.mark.parametrize("formula", list(BOMBS.values()), ids=list(BOMBS))
def test_a_formula_that_is_a_bomb_stays_small(browser: Browser, server: Running, formula: str) -> None:
    with visit(browser, server.url) as page:
        says(page, f"Before.\n\n{formula}\n\nAfter $x^2$.")
        ask(page, "A formula")
        text = last_answer(page)
        expect(text).to_contain_text("Before.")
        expect(text.locator(".katex").last).to_be_visible()
        assert text.locator("a, img").count() == 0
        box = text.bounding_box()
        assert box is not None
        assert box["height"] < 5000
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        # Nothing of a formula is drawn over the rest of the page.
        assert page.evaluate("document.elementFromPoint(640, innerHeight - 60).closest('.dock') !== null")


def test_ten_megabytes_of_code_open_at_once_and_are_shown_in_parts(browser: Browser, server: Running) -> None:
    line = "x = 1  # a line of code that is as long as lines of code are\n"
    code = line * (10_000_000 // len(line))
    pieces = [json.dumps({"id": "c", "choices": [{"delta": {"content": code[at : at + 500_000]}}]})
              for at in range(0, len(code), 500_000)]  # fmt: skip
    opening = json.dumps({"id": "c", "choices": [{"delta": {"content": "```python\n"}}]})
    closing = json.dumps({"id": "c", "choices": [{"delta": {"content": "```\n\nDone."}}]})
    body = "".join(f"data: {one}\n\n" for one in [opening, *pieces, closing, "[DONE]"]).encode()
    with visit(browser, server.url, permissions=["clipboard-read", "clipboard-write"]) as page:
        says(page, body)
        ask(page, "All of it")
        text = last_answer(page)
        expect(text).to_contain_text("Done.")
        assert text.locator("pre").evaluate("node => node.textContent.length") < 30_000
        text.get_by_role("button", name="Show more").click()
        assert text.locator("pre").evaluate("node => node.textContent.length") > 100_000
        text.get_by_role("button", name="Copy code").click()
        assert page.evaluate("navigator.clipboard.readText().then(t => t.length)") == len(code)


def test_broken_utf_8_is_shown_as_damage(browser: Browser, server: Running) -> None:
    good = b'data: {"id":"c","choices":[{"delta":{"content":"before '
    body = good + b"\xff\xfe\xc3(" + b' after"}}]}\n\ndata: [DONE]\n\n'
    with visit(browser, server.url) as page:
        says(page, body)
        ask(page, "Bytes")
        expect(last_answer(page)).to_contain_text("before \ufffd")
        expect(last_answer(page)).to_contain_text("after")


def test_the_page_asks_nothing_of_anywhere_else(browser: Browser, server: Running, tmp_path: Path) -> None:
    asked: list[str] = []
    with visit(browser, "about:blank") as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(server.url)
        says(page, RICH)
        ask(page, "Everything")
        expect(last_answer(page).locator(".katex")).to_have_count(2)
        page.screenshot(path=tmp_path / "fonts-are-loaded.png")
    assert len(asked) > 5
    assert [one for one in asked if not one.startswith((server.url, "about:", "data:"))] == []
