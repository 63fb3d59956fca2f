"""Feeds give one document per entry, with author, date, address and licence."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.markup.feed import read_feed
from glaswerk.lab import Lab

RSS = """<?xml version="1.0"?><rss version="2.0" xmlns:content="c" xmlns:dc="d" xmlns:cc="l">
<channel><title>Mill</title>
<image><title>Logo</title></image><language>en-GB</language><cc:license>CC-BY-4.0</cc:license>
<item><title>First</title><description>The mill &amp;amp; the river.</description><link>https://mill.example/1</link>
<pubDate>Tue, 12 Mar 2019 12:00:00 GMT</pubDate><author>ada@mill.example (Ada)</author></item>
<item><title>Second</title><description>Short.</description><comments>https://mill.example/2#c</comments>
<content:encoded><![CDATA[<p>One.</p><p>Two <b>words</b>.</p>]]></content:encoded>
<dc:creator>Otis</dc:creator></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de">
<title>Mühle</title><author><name>Ada</name></author>
<rights>CC0-1.0</rights><entry><title type="html">A &amp;amp; B</title><link href="https://mill.example/1"/>
<link rel="self" href="x"/><published>2019-03-12T12:00:00Z</published><updated>2020-01-01T00:00:00Z</updated>
<source><title>Other</title></source><summary>Short.</summary>
<content type="xhtml"><div><p>One &lt; two.</p><p>Three.</p></div></content></entry></feed>"""
RDF = """<rdf:RDF xmlns:rdf="r" xmlns="http://purl.org/rss/1.0/" xmlns:dc="d">
<channel><title>Mill</title></channel>
<item><title>First</title><description>The mill.</description><dc:date>2019-03-12</dc:date></item>
</rdf:RDF>"""


def post(title: str, text: str, *, kind: str = "post", status: str = "publish", more: str = "") -> str:
    return (
        f"<item><title>{title}</title><link>https://mill.example/{title}</link><dc:creator>ada</dc:creator>"
        f"<content:encoded><![CDATA[{text}]]></content:encoded><excerpt:encoded><![CDATA[]]></excerpt:encoded>"
        f"<wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>{more}</item>"
    )


WXR = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:wp="w" xmlns:content="c" xmlns:excerpt="e" xmlns:dc="d">'
    "<channel>"
    + post("One", "First <b>line</b>\nsame.\n\nSecond [caption id=1]x[/caption].")
    + post("Two", "<!-- wp:paragraph --><p>Block.</p><!-- /wp:paragraph -->", kind="page")
    + post("Three", "Draft.", status="draft")
    + post("Four", "Secret.", more="<wp:post_password>x</wp:post_password>")
    + post("Five", "", kind="attachment", status="inherit")
    + post(
        "Six", "Said.", more="<wp:comment><wp:comment_id>1</wp:comment_id><wp:x>Hi</wp:x></wp:comment>" * 2
    )
    + "</channel></rss>"
)


def read(data: str, counts: Counter[str] | None = None) -> list[dict[str, Any]]:
    found = read_feed(io.BytesIO(data.encode()), Counter() if counts is None else counts)
    return [dict(row) for _, row in found]


def test_entries_of_rss_are_documents(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "feed").write_text(RSS)
    first, second = documents(add(empty_lab, tmp_path / "feed", acquired="public"))
    assert (first.text, second.text) == ("First\n\nThe mill & the river.", "Second\n\nOne.\n\nTwo words.")
    assert (first.author, second.author, first.lang) == ("Ada", "Otis", "en")
    assert (first.url, str(first.created_at)[:10]) == ("https://mill.example/1", "2019-03-12")
    assert first.rights.licence == "CC-BY-4.0"


def test_entries_of_atom_are_documents_with_the_feeds_author_and_rights() -> None:
    (row,) = read(ATOM)
    assert row["text"] == "One < two.\n\nThree."
    assert (row["title"], row["author"], row["lang"], row["licence"]) == ("A & B", "Ada", "de", "CC0-1.0")
    assert (row["url"], row["date"]) == ("https://mill.example/1", "2019-03-12T12:00:00Z")


def test_rss_1_keeps_its_items_beside_the_channel() -> None:
    (row,) = read(RDF)
    assert (row["title"], row["text"], row["date"]) == ("First", "The mill.", "2019-03-12")


def test_of_wordpress_only_what_is_published_is_read() -> None:
    counts: Counter[str] = Counter()
    rows = read(WXR, counts)
    assert [row["text"] for row in rows] == ["First line\nsame.\n\nSecond x.", "Block.", "Said."]
    assert rows[0]["author"] == "ada"
    assert +counts == {"unpublished": 2, "not_a_page": 1, "comment": 2}


def test_a_cut_feed_gives_the_entries_before_the_cut(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "feed").write_text(RSS[: RSS.index("Second")])
    made = add(empty_lab, tmp_path / "feed")
    assert len(documents(made)) == 1
    assert made.stats["left_out"] == {"cut_off": 1}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("<rss version='2.0'><channel/></rss>", "no_text"),
        ('<!DOCTYPE rss [<!ENTITY f SYSTEM "file:///etc/hostname">]>' + RDF, "declared_entities"),
        ("<rss><channel><item><description>" + "<a>" * 100_000, "nested_too_deep"),
        (
            f"<rss><channel><item><description>{'&lt;b&gt;' * 9_000}x</description></item></channel></rss>",
            "nested_too_deep",
        ),
    ],
)
def test_an_empty_and_a_hostile_feed_are_left_out_by_reason(
    empty_lab: Lab, tmp_path: Path, data: str, reason: str
) -> None:
    (tmp_path / "feed.xml").write_text(data.replace("<rdf:RDF", "<rdf:RDF"))
    with pytest.raises(GlaswerkError, match=reason):
        add(empty_lab, tmp_path / "feed.xml")


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("Tue, 12 Mar 2019 12:00:00 MEZ", "2019-03-12T12:00:00+01:00"),
        ("Tue, 12 Mar 2019 12:00:00 CEST", "2019-03-12T12:00:00+02:00"),
        ("Tue, 12 Mar 2019 12:00:00 +0530", "2019-03-12T12:00:00+05:30"),
        ("Tue, 12 Mar 2019 12:00:00 XYZT", "Tue, 12 Mar 2019 12:00:00 XYZT"),
        ("2019-03-12T12:00:00+09:00", "2019-03-12T12:00:00+09:00"),
        ("2019-03-12", "2019-03-12"),
    ],
)
def test_zones_that_are_named_are_read_and_unknown_ones_are_not_taken_for_utc(
    written: str, moment: str
) -> None:
    item = f"<item><description>Words.</description><pubDate>{written}</pubDate></item>"
    feed = f"<rss><channel>{item}</channel></rss>"
    ((_, row),) = read_feed(io.BytesIO(feed.encode()), Counter())
    assert row["date"] == moment


@pytest.mark.parametrize(
    ("dates", "expected"),
    [
        ("<wp:post_date_gmt>2019-03-12 12:00:00</wp:post_date_gmt>", "2019-03-12 12:00:00"),
        ("<pubDate></pubDate><wp:post_date>2019-03-12 13:00:00</wp:post_date>", "2019-03-12 13:00:00"),
        (
            "<pubDate>Mon, 30 Nov -0001 00:00:00 +0000</pubDate>"
            "<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>"
            "<wp:post_date>2019-03-12 13:00:00</wp:post_date>",
            "2019-03-12 13:00:00",
        ),
        (
            "<wp:post_date_gmt>2018-01-01 00:00:00</wp:post_date_gmt>"
            "<pubDate>Tue, 12 Mar 2019 12:00:00 GMT</pubDate>",
            "2019-03-12T12:00:00+00:00",
        ),
        ("<wp:post_date_gmt>0000-00-00 00:00:00</wp:post_date_gmt>", ""),
        ("<wp:post_modified_gmt>2020-01-01 00:00:00</wp:post_modified_gmt>", "2020-01-01 00:00:00"),
    ],
)  # fmt: skip
def test_a_post_of_wordpress_has_the_first_date_that_is_one(dates: str, expected: str) -> None:
    feed = f"<rss><channel>{post('One', 'Words.', more=dates)}</channel></rss>"
    ((_, row),) = read_feed(io.BytesIO(feed.encode()), Counter())
    assert row["date"] == expected
