"""Report pages: self-contained HTML in light and dark, without scripts, from Jinja templates.

Templates are `*.html.jinja` files beside the report's code. They extend `base.html.jinja` and import the
macros of `kit.html.jinja`. Autoescape is on; an undefined name is an error, not an empty string.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from glaswerk.core.pages.plots import Series

_HERE = "glaswerk.core.pages"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of plain text; columns in `numeric` are right-aligned.

    Every column needs a name: a screen reader reads it with each cell. `label` names the table.
    """

    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    numeric: Sequence[int] = ()
    label: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot with its legend and caption, and the same figures as a table that unfolds."""

    plot: Markup
    table: Table
    caption: str = ""
    series: Sequence[Series] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Card:
    """One key figure at the top of a page."""

    name: str
    value: str
    note: str = ""


def figure(
    plot: Markup,
    head: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    caption: str = "",
    series: Sequence[Series] = (),
) -> Figure:
    """A `Figure` whose table has numbers in every column but the first."""
    label = f"Figures: {caption or head[-1]}"
    return Figure(plot, Table(head, list(rows), range(1, len(head)), label), caption, series)


def render(package: str, template: str, **context: Any) -> str:
    """The page of a report: `template` of `package`, filled with `context`."""
    return _environment(package).get_template(template).render(context)


def page(title: str, body: Iterable[str], *, language: str = "en") -> str:
    """A complete HTML document. `body` is ready HTML: escape what comes from data."""
    markup = Markup("").join(map(Markup, body))
    return render(_HERE, "base.html.jinja", title=title, body=markup, language=language)


@cache
def _environment(package: str) -> Environment:
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package, ""), PackageLoader(_HERE, "")]),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    style = resources.files(_HERE).joinpath("page.css").read_text(encoding="utf-8")
    made.globals["style"] = Markup(style)
    return made
