"""SVG elements as values, and the one place that turns them into markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment
from markupsafe import Markup

# Every attribute, text and title goes through the escaping of this template.
_TEMPLATE = Environment(autoescape=True).from_string(
    "{%- macro draw(one) -%}"
    "<{{ one.tag }}{{ one.attributes|xmlattr }}>"
    "{%- if one.title -%}<title>{{ one.title }}</title>{%- endif -%}"
    "{{ one.text }}{%- for child in one.children -%}{{ draw(child) }}{%- endfor -%}"
    "</{{ one.tag }}>"
    "{%- endmacro -%}"
    "{{ draw(mark) }}"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """One SVG element. `title` is what a pointer shows; `text` comes before `children`."""

    tag: str
    attributes: Mapping[str, object]
    text: str = ""
    title: str = ""
    children: Sequence[Mark] = ()

    def render(self) -> Markup:
        """The element with all that is in it, escaped."""
        return Markup(_TEMPLATE.render(mark=self))


def mark(
    tag: str,
    *,
    text: str = "",
    title: str = "",
    children: Sequence[Mark] = (),
    **attributes: object,
) -> Mark:
    """A `Mark` from keywords: `class_="grid"` is the attribute class, `stroke_width=2` stroke-width.

    Attributes that are None or "" are left out.
    """
    named = {
        name if name in _CAMEL else name.rstrip("_").replace("_", "-"): value
        for name, value in attributes.items()
        if value not in (None, "")
    }
    return Mark(tag, named, text, title, children)


_CAMEL = {"viewBox", "preserveAspectRatio", "refX", "refY", "markerWidth", "markerHeight"}
