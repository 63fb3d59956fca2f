"""One template, two papers: Markdown rendered by jinja2, and an HTML page that markdown-it makes of it.

All data is escaped here, once: for Markdown (CommonMark 0.31 and GitHub's tables) and, because Markdown may
contain HTML, also for HTML. No markup in a hostile name survives in either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from glaswerk.core.pages.kit import page

_SPECIAL = re.compile(r"([\\`*_\[\]|~$#])")
_BLANK = re.compile(r"<strong>(\[to be filled in: [a-z_]+\])</strong>")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# GitHub turns bare addresses into links; a backslash inside keeps them text.
_ADDRESS = re.compile(r"(?<=:)/(?=/)|(?<=www)\.", re.IGNORECASE)
_LONGEST = 4000


def escaped(value: object) -> Markup:
    """`value` as Markdown text on one line; control and bidi characters become U+FFFD.

    At most 4,000 characters; Markup is returned unchanged.
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, bool) or value is None:
        return Markup({True: "yes", False: "no", None: "unknown"}[value])
    if isinstance(value, int):
        return Markup(f"{value:,}")
    text = re.sub(r"\s+", " ", str(value)[:_LONGEST])
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    text = _SPECIAL.sub(r"\\\1", text)
    text = _ADDRESS.sub(lambda found: "\\" + found[0], text)
    return Markup("".join(_ENTITIES.get(c, c) for c in text))


def code(value: object) -> Markup:
    """`value` as a code span without backticks, with bars escaped for tables; empty if nothing is left."""
    text = "".join(c for c in " ".join(str(value)[:_LONGEST].split()) if c.isprintable() and c != "`")
    return Markup("`{}`").format(Markup(text.replace("|", "\\|"))) if text else Markup("")


def blank(key: str) -> Markup:
    """The mark of a fact that only the provider knows."""
    return Markup("**[to be filled in: {}]**").format(key)


def environment() -> Environment:
    """The jinja2 environment of the papers; an unknown variable is an error, never an empty string."""
    made = Environment(
        loader=PackageLoader("glaswerk.release", "papers"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=escaped,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    made.filters["code"] = code
    return made


def markdown(template: str, facts: Mapping[str, Any]) -> str:
    """A paper in Markdown, without its title."""
    text = environment().get_template(f"{template}.md.jinja").render(facts)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def html(title: str, text: str) -> str:
    """A paper in Markdown as a self-contained page. HTML in the Markdown stays text."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    # Only links in the templates are links; in the page they lead to the other pages.
    body = _BLANK.sub(r"<mark>\1</mark>", body).replace('.md">', '.html">')
    return page(title, [_scrolling(body)])


def _scrolling(body: str) -> str:
    """Every table in a box that scrolls on a phone and that the keyboard reaches."""
    opened = '<div class="scroll" role="group" tabindex="0" aria-label="table"><table>'
    return body.replace("<table>", opened).replace("</table>", "</table></div>")
