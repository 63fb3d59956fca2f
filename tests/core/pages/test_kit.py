"""The kit of report pages: nothing from data becomes markup, every part has a name that can be read out."""

from __future__ import annotations

import re

import pytest
from jinja2 import UndefinedError

from glaswerk.core.pages import Card, Series, Table, page, render
from glaswerk.core.pages.kit import figure
from glaswerk.core.pages.plots import bars

HOSTILE = '"><script>alert(1)</script>'


def sample(words: str, **changed: object) -> str:
    plain = {
        "title": words,
        "cards": [Card(words, words, words)],
        "figure": figure(
            bars([(words, 3)], title=words),
            [words, "count"],
            [(words, "3")],
            caption=words,
            series=[Series(words), Series("b", 1)],
        ),
        "table": Table((words, "n"), [(words, 1)], numeric=(1,), label=words),
    }
    return render("tests.core.pages", "sample.html.jinja", **(plain | changed))


def test_nothing_that_comes_from_data_is_markup() -> None:
    text = sample(HOSTILE)
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10


def test_a_page_fetches_nothing_and_runs_nothing() -> None:
    text = sample("words")
    assert "default-src 'none'" in text
    assert not re.search(r"<script|<link|<img|<iframe|url\(|@import|\bon\w+=", text)


def test_every_plot_column_and_scrolling_table_has_a_name() -> None:
    text = sample("words")
    assert all('aria-label="' in plot for plot in re.findall(r"<svg[^>]*role=\"img\"[^>]*>", text))
    assert not re.search(r"<th[^>]*></th>", text)
    scrolling = re.findall(r'<div class="scroll"[^>]*>', text)
    assert scrolling
    assert all('tabindex="0"' in one and 'aria-label="' in one for one in scrolling)


def test_numbers_are_right_aligned_and_words_are_not() -> None:
    assert "<td>words</td><td class=n>1</td>" in sample("words")


def test_a_legend_of_one_series_is_left_out() -> None:
    one = figure(bars([("a", 1)], title="t"), ["a", "n"], [("a", "1")], series=[Series("a")])
    assert "legend" in sample("words").split("</style>")[1]
    assert "legend" not in sample("words", figure=one).split("</style>")[1]


def test_a_template_that_names_what_nobody_gave_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="cards"):
        render("tests.core.pages", "sample.html.jinja", title="t")


def test_a_page_of_ready_html_escapes_its_title_alone() -> None:
    text = page(HOSTILE, ["<p>ready</p>"], language="de")
    assert "<p>ready</p>" in text
    assert "<script" not in text
    assert '<html lang="de">' in text
