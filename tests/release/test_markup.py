"""Whatever comes from data stays text, in Markdown and in the page that is made of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError
from markupsafe import Markup

from glaswerk.release.markup import blank, code, environment, escaped, html

HOSTILE = "<img src=x onerror=alert(1)> **bold** [a](javascript:x) | `c` https://evil.example\n# head"


def test_hostile_names_are_text_in_markdown_and_in_html() -> None:
    text = f"| {escaped(HOSTILE)} |\n|---|\n| x |\n"
    page = html("t", text)
    assert page.count("<table>") == 1
    assert page.count("<h1>") == 1
    assert not any(tag in page.split("<main>")[1] for tag in ("<img", "<strong", "<a ", "<code", "<script"))
    assert "&lt;img src=x onerror=alert(1)&gt; **bold** [a](javascript:x) | `c`" in page
    assert "<" not in escaped(HOSTILE)
    assert escaped("a\u202eb\x00c") == "a\ufffdb\ufffdc"


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60) | st.text("<>*_[]()`|#~$&\\/:.wh \n", max_size=60))
def test_no_text_becomes_markup_or_leaves_its_cell(text: str) -> None:
    written = escaped(text)
    assert "\n" not in written
    page = html("t", f"| {written} |\n|---|\n| x |\n").split("<main>")[1]
    assert set(re.findall(r"<(\w+)", page)) <= {"div", "table", "thead", "tbody", "tr", "th", "td", "h1"}
    assert page.count("<tr>") == 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (False, "no"),
        (None, "unknown"),
        (0, "0"),
        (1234567, "1,234,567"),
        (0.25, "0.25"),
        ("", ""),
        ("a\t\n b", "a b"),
        ("AT&T", "AT&amp;T"),
        ("x" * 5000, "x" * 4000),
    ],
)
def test_values_are_written_as_people_read_them(value: object, text: str) -> None:
    assert escaped(value) == text


def test_what_is_markup_already_is_not_escaped_again() -> None:
    assert escaped(blank("provider_name")) == "**[to be filled in: provider_name]**"
    assert escaped(Markup("*a*")) == "*a*"


@pytest.mark.parametrize("address", ["https://evil.example/a", "HTTP://evil.example", "www.evil.example"])
def test_a_bare_address_has_no_form_that_github_links(address: str) -> None:
    assert not re.search(r"(?i)https?://|www\.", escaped(address))


@pytest.mark.parametrize(
    ("value", "span"),
    [
        ("b2:01", "`b2:01`"),
        ("a`b`c", "`abc`"),
        ("a|b", "`a\\|b`"),
        ("a\nb", "`a b`"),
        ("", ""),
        ("`", ""),
        ("\x00", ""),
    ],
)
def test_a_code_span_holds_its_value_and_cannot_be_left(value: str, span: str) -> None:
    assert code(value) == span


def test_html_in_a_code_span_is_text_in_the_page() -> None:
    assert "<code>&lt;b&gt;</code>" in html("t", f"{code('<b>')}\n")


def test_a_blank_is_marked_in_the_page() -> None:
    page = html("t", f"- Name: {blank('provider_name')}\n- **bold**\n")
    assert "<mark>[to be filled in: provider_name]</mark>" in page
    assert "<strong>bold</strong>" in page


def test_links_between_papers_lead_to_pages_in_the_page() -> None:
    assert '<a href="model-documentation.html">' in html("t", "[x](model-documentation.md)\n")


def test_html_in_the_markdown_of_a_template_stays_text() -> None:
    assert "&lt;script&gt;" in html("t", "<script>alert(1)</script>\n")


def test_a_template_that_names_what_is_not_there_is_an_error_and_no_empty_place() -> None:
    with pytest.raises(UndefinedError):
        environment().from_string("{{ nothing }}").render({})


def test_a_template_escapes_every_value_and_formats_numbers() -> None:
    made = environment().from_string("{{ a }} {{ b }} {{ c|code }}")
    assert made.render({"a": "*x*", "b": 1000, "c": "y"}) == "\\*x\\* 1,000 `y`"
