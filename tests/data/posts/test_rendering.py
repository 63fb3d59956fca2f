"""The text of a post: links by their places, pictures' links off, HTML unescaped once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_archives import tweet

from glaswerk.data.posts.post import read_post
from glaswerk.data.posts.rendering import render, unescape_once


def shown(text: str, **more: Any) -> str:
    return read_post(tweet(1, text, **more)["tweet"]).text


def link(url: str, address: str, *indices: int | str) -> dict[str, Any]:
    return {"url": url, "expanded_url": address, "indices": list(indices)}


@pytest.mark.parametrize("unit", ["code points", "UTF-16 units", "wrong"])
@pytest.mark.parametrize("as_text", [True, False])
def test_a_link_is_found_by_its_place_in_either_count_or_by_search(unit: str, as_text: bool) -> None:
    text = "🧁🧁 &amp; https://t.co/abcと言う"
    start = text.index("https") + {"code points": 0, "UTF-16 units": 2, "wrong": 7}[unit]
    indices = [str(start), str(start + 16)] if as_text else [start, start + 16]
    urls = [link("https://t.co/abc", "https://a.example/?x=1&lt=2", *indices)]
    assert shown(text, entities={"urls": urls}) == "🧁🧁 & https://a.example/?x=1&lt=2と言う"


def test_a_link_is_replaced_where_it_stands_and_not_inside_a_longer_one() -> None:
    text = "https://t.co/ab https://t.co/abc"
    urls = [link("https://t.co/ab", "https://short.example", 0, 15)]
    assert shown(text, entities={"urls": urls}) == "https://short.example https://t.co/abc"


def test_links_of_before_tco_are_replaced_by_their_places() -> None:
    urls = [link("http://bit.ly/x", "http://mill.example/long", 4, 19)]
    assert shown("see http://bit.ly/x now", entities={"urls": urls}) == "see http://mill.example/long now"


def test_a_pictures_link_goes_at_the_end_even_without_a_space_before_it() -> None:
    text = "橋が開いたhttps://t.co/pic"
    media = [
        {"url": "https://t.co/pic", "indices": ["5", "21"], "media_url_https": "https://p.example/a.jpg"}
    ]
    assert shown(text, entities={"media": media}) == "橋が開いた"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("&amp;amp; &amp;lt;b&amp;gt;", "&amp; &lt;b&gt;"),
        ("a &lt; b &gt; c &quot;d&quot; &#39;e&#39;", "a < b > c \"d\" 'e'"),
        ("?a=1&copy=2 AT&T; &lt", "?a=1&copy=2 AT&T; &lt"),
        ("&#0; &#99999999;", "\ufffd &#99999999;"),
    ],
)
def test_html_is_unescaped_once_and_only_where_it_is_whole(raw: str, text: str) -> None:
    assert shown(raw) == text


def test_the_names_that_a_reply_begins_with_stay() -> None:
    record = tweet(1, "@ann @bob Yes.", display_text_range=["10", "14"], in_reply_to_status_id_str="7")
    assert read_post(record["tweet"]).text == "@ann @bob Yes."


@given(st.text(alphabet=st.sampled_from("ab &<>;🧁と\u0000é"), max_size=40))
def test_what_x_escapes_comes_back_without_nul(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert render(escaped, {}, (), ()) == text.replace("\0", "").strip()
    assert unescape_once(escaped.replace("&", "&amp;")) == escaped


@given(
    text=st.text(max_size=20),
    entities=st.lists(
        st.fixed_dictionaries(
            {
                "url": st.text(max_size=3) | st.none() | st.integers(),
                "expanded_url": st.text(max_size=5) | st.none(),
                "indices": st.none()
                | st.lists(st.integers() | st.text(max_size=3) | st.booleans(), max_size=3),
            }
        ),
        max_size=4,
    ),
)
def test_no_entities_raise_anything(text: str, entities: list[dict[str, Any]]) -> None:
    assert isinstance(shown(text, entities={"urls": entities, "media": entities}), str)
