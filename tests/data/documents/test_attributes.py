"""Tags with thousands of attributes are shortened; everything else in a page stays as it is."""

from __future__ import annotations

import pytest

from glaswerk.data.documents.attributes import MOST_ATTRIBUTES, trimmed
from glaswerk.data.documents.html import read_page

MANY = " ".join(f'a{n}=">"' for n in range(3 * MOST_ATTRIBUTES))


@pytest.mark.parametrize("name", ["p", "script", "IMG", "x:y"])
def test_a_tag_keeps_its_first_attributes(name: str) -> None:
    found = trimmed(f"<p>Before.</p><{name} {MANY}>After.")
    assert found.startswith(f'<p>Before.</p><{name} a0=">" a1=">"')
    assert found.endswith(">After.")
    assert found.count("=") == MOST_ATTRIBUTES


@pytest.mark.parametrize(
    "html",
    [
        f"<!-- <p {MANY} --><p>x</p>",
        f"<script>if (a <b {MANY}) {{}}</script><p>x</p>",
        f"<p class='{'word ' * 9000}'>x</p>",
        f'<img src="data:image/png;base64,{"A" * 90_000}">',
        "a < b " * 9000,
        "<p" + " " * 90_000 + ">x",
    ],
)
def test_what_has_few_attributes_is_unchanged(html: str) -> None:
    assert trimmed(html) == html


def test_the_words_of_a_page_with_such_a_tag_are_read() -> None:
    page = f"<!doctype html><html><body><p {MANY}>Words of the mill.</p><p>More words.</p></body></html>"
    assert read_page(page)["text"].split() == ["Words", "of", "the", "mill.", "More", "words."]
