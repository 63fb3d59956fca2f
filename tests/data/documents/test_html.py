"""Pages: their main text, what their heads say, and bounds on what a hostile one can cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import PAGE, add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.html import TooDeep, decode, read_page
from glaswerk.lab import Lab


def test_a_page_gives_its_main_text_and_what_its_head_says(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "weir.html").write_bytes(PAGE)
    (found,) = documents(add(empty_lab, tmp_path / "weir.html"))
    assert found.text.startswith("The new weir\n\nThe weir was finished in May")
    assert "Imprint" not in found.text
    assert "News" not in found.text
    assert (found.author, found.lang, found.url) == ("Hazel Hart", "en", "https://millford.example/weir")
    assert found.created_at is not None
    assert found.created_at.isoformat() == "2024-05-01T10:00:00+00:00"
    assert not found.rights.tdm_opt_out


def test_a_title_that_the_text_does_not_have_stands_in_front() -> None:
    row = read_page(
        "<html><head><title>Fair dates</title></head><body><p>On the first of May.</p></body></html>"
    )
    assert (row["title"], row["text"]) == ("Fair dates", "On the first of May.")


def test_lists_of_words_stay_and_lists_of_links_go() -> None:
    row = read_page(
        "<html><body><ul><li><a href=/>Home</a><li><a href=/a>About us</a></ul><main>"
        "<p>There are two reasons.<ul><li>The river is high.<ul><li>In winter.</ul>"
        "<li>Boats are <a href=/b>cheap</a>.</ul></main>"
    )
    lines = [line.strip(" •") for line in row["text"].split("\n") if line.strip()]
    assert lines == ["There are two reasons.", "The river is high.", "In winter.", "Boats are cheap."]


@pytest.mark.parametrize(
    "meta",
    [
        '<meta name="tdm-reservation" content="1">',
        '<META NAME="TDM-Reservation" CONTENT="1">',
        '<meta name="tdm-policy" content="https://a.example/policy.json">',
        '<meta name="robots" content="noindex, noai">',
        '<meta name="robots" content="NoAI, noimageai">',
    ],
)
def test_a_reservation_in_the_head_is_kept(meta: str) -> None:
    assert read_page(f"<html><head>{meta}</head><body>Words.</body></html>")["tdm_opt_out"] is True


@pytest.mark.parametrize(
    "meta",
    [
        '<meta name="tdm-reservation" content="0">',
        '<meta name="tdm-reservation" content="0"><meta name="tdm-policy" content="https://a.example/p">',
        '<meta name="robots" content="noindex, nofollow">',
        '<meta name="robots" content="noimageai">',
        '<meta name="description" content="noai">',
    ],
)
def test_other_directives_reserve_nothing(meta: str) -> None:
    assert read_page(f"<html><head>{meta}</head><body>Words.</body></html>")["tdm_opt_out"] is False


def test_an_encoding_that_the_page_declares_is_used(empty_lab: Lab, tmp_path: Path) -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body><p>Grüße – “gut”</p></body></html>'
    (tmp_path / "a.html").write_bytes(page.encode("windows-1252"))
    assert documents(add(empty_lab, tmp_path / "a.html"))[0].text == "Grüße – “gut”"
    (tmp_path / "a.html").write_bytes(page.replace("iso-8859-1", "").encode("windows-1252"))
    with pytest.raises(GlaswerkError, match="declared encoding"):
        add(empty_lab, tmp_path / "a.html")


def test_utf8_goes_before_what_is_declared() -> None:
    assert decode("Grüße".encode(), "iso-8859-1") == "Grüße"
    assert decode(b"Gr\xfc\xdfe", "no-such-encoding") is None


def test_elements_in_one_another_are_refused_before_they_cost_time(empty_lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(TooDeep):
        read_page("<html><body>" + "<div>" * 200_000 + "x")
    (tmp_path / "deep.html").write_text("<html><body>" + "<div>" * 9000 + "x" + "</div>" * 9000)
    (tmp_path / "a.txt").write_text("Words.")
    assert add(empty_lab, tmp_path / "deep.html", tmp_path / "a.txt").stats["left_out"] == {
        "nested_too_deep": 1
    }


def test_many_elements_beside_one_another_are_no_depth() -> None:
    items = "".join(f"<li>Item {i}<br><img src=x>" for i in range(9000))
    page = f"<html><body><main><p>Words.<ul>{items}</ul>{'<p>More words.' * 9000}</main></body></html>"
    assert read_page(page)["text"].count("More words.") == 9000


PIECES = ["<p>", "<a href='", "<!--", "</main>", "<table><b>", "x", "&#0;", "<meta name=robots>"]


@given(st.text(max_size=300) | st.lists(st.sampled_from(PIECES)).map("".join))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(read_page(text)["text"], str)


def test_a_long_page_is_read_like_a_short_one() -> None:
    page = "<html lang=en><head><title>Weir</title></head><body><main>{}</main></body></html>"
    long = read_page(page.format("<p>Words of the mill.</p>" * 40_000))
    assert (long["lang"], long["title"]) == ("en", "Weir")
    assert long["text"].count("Words of the mill.") == 40_000
