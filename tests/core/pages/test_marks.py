"""SVG elements: names, order and escaping."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.pages.marks import mark

# What XML cannot hold in any writing is not the renderer's fault.
WORDS = st.text(st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn")))


def test_keywords_become_attributes_in_their_order() -> None:
    drawn = mark("line", class_="grid", stroke_width=2, viewBox="0 0 1 1", x=0, y=None, rx="").render()
    assert drawn == '<line class="grid" stroke-width="2" viewBox="0 0 1 1" x="0"></line>'


def test_a_title_comes_before_text_and_children() -> None:
    drawn = mark("g", title="t", text="words", children=[mark("rect")]).render()
    assert drawn == "<g><title>t</title>words<rect></rect></g>"


@given(WORDS, WORDS, WORDS)
def test_any_words_come_back_as_they_were(label: str, title: str, text: str) -> None:
    drawn = mark("text", aria_label=label, title=title, text=text, children=[mark("tspan", text=text)])
    parsed = ElementTree.fromstring(drawn.render())
    assert parsed.get("aria-label", "") == label.replace("\r", "\n")
    found = parsed.find("title")
    assert ("" if found is None else found.text or "") == title
    last = parsed.find("tspan")
    assert last is not None
    assert (last.text or "") == text
