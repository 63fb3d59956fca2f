"""JSON Feeds give one document per item, with author, date, language and address."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab

ITEM = {
    "id": "https://mill.example/1",
    "content_html": "<p>The mill &amp; the river.</p><p>Both are old.</p>",
    "date_published": "2019-03-12T12:00:00+01:00",
}
FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "Mill", "language": "en-GB", "items": [ITEM]}


def read(lab: Lab, folder: Path, feed: dict[str, Any], *, text: str = "") -> list[Any]:
    (folder / "feed.json").write_text(text or json.dumps(feed, indent=1), encoding="utf-8")
    return documents(add(lab, folder / "feed.json"))


def test_an_item_has_its_words_date_language_and_address(empty_lab: Lab, tmp_path: Path) -> None:
    (found,) = read(empty_lab, tmp_path, FEED)
    assert found.text == "The mill & the river.\n\nBoth are old."
    assert (found.lang, found.url, found.id) == ("en", "https://mill.example/1", "docs:feed.json#1")
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2019-03-12T11:00:00+00:00"


@pytest.mark.parametrize(
    ("feed", "item", "author"),
    [
        ({"authors": [{"name": "Ada"}, {"name": "Bo"}]}, {}, "Ada, Bo"),
        ({"author": {"name": "Ada"}}, {}, "Ada"),
        ({"author": {"name": "Ada"}}, {"author": {"name": "Bo"}}, "Bo"),
        ({"authors": [{"name": "Ada"}]}, {"authors": [{"url": "https://bo.example"}]}, "https://bo.example"),
        ({"authors": "Ada"}, {"author": ["Bo"]}, ""),
    ],
)
def test_the_authors_of_an_item_go_before_those_of_the_feed(
    empty_lab: Lab, tmp_path: Path, feed: dict[str, Any], item: dict[str, Any], author: str
) -> None:
    (found,) = read(empty_lab, tmp_path, {**FEED, **feed, "items": [{**ITEM, **item}]})
    assert found.author == author


@pytest.mark.parametrize(
    "written",
    [
        lambda feed: json.dumps(feed),
        lambda feed: json.dumps(feed).replace("/", "\\/"),
        lambda feed: json.dumps(dict(reversed(feed.items())), indent=2),
        lambda feed: "\ufeff" + json.dumps(feed),
        lambda feed: json.dumps({**feed, "version": "http://www.jsonfeed.org/version/1"}),
    ],
)
def test_a_feed_is_known_however_it_is_written(empty_lab: Lab, tmp_path: Path, written: Any) -> None:
    (found,) = read(empty_lab, tmp_path, {}, text=written(FEED))
    assert found.text.startswith("The mill")


def test_items_without_words_are_counted_and_a_text_goes_before_a_summary(
    empty_lab: Lab, tmp_path: Path
) -> None:
    items = [{"content_text": "1 < 2", "summary": "No"}, {"summary": "Short."}, {"id": "3"}, "none"]
    (tmp_path / "feed.json").write_text(json.dumps({**FEED, "items": items}))
    made = add(empty_lab, tmp_path / "feed.json")
    assert [document.text for document in documents(made)] == ["1 < 2", "Short."]
    assert made.stats["left_out"] == {"broken_record": 1, "no_text": 1}


def test_a_feed_without_items_says_so(empty_lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="no_text 1"):
        read(empty_lab, tmp_path, {**FEED, "items": []})
