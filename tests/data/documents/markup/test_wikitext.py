"""Wikitext gives the words that readers see."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.documents.markup.wikitext import wiki_text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("A '''mill''' is a [[machine]].<ref>x</ref>", "A mill is a machine."),
        ("[[River|The river]] [[:en:Weir]] [[de:Mühle]]flows.", "The river en:Weir flows."),
        ("{{Infobox|name={{small|x}}|a=[[b]]}}Words.", "Words."),
        ("Words{{cite|a|b}}<ref name=x/> and<ref name='y'>z {{q}}</ref> more.", "Words and more."),
        ("{| class=x\n|-\n| a\n{|\n| b\n|}\n|}\nAfter.", "After."),
        ("[[File:a.jpg|thumb|The [[mill]] in {{year}}]]Words. [[Category:Mills]]", "Words."),
        ("[[Datei:a.jpg|mini|Text]][[Файл:б.jpg]]Words.", "Words."),
        ("== History ==\nOld.\n=== Weir ===\nNew.", "## History\n\nOld.\n\n### Weir\n\nNew."),
        ("* one\n** two\n# three\n: quoted\n; term", "- one\n- two\n- three\nquoted\nterm"),
        ("<!-- hidden -->Seen.<nowiki>[[as is]] {{x}}</nowiki>", "Seen.[[as is]] {{x}}"),
        ("At [https://mill.example the mill] and [https://x.example].", "At the mill and ."),
        ("An array[0], a < b, {x} and f(x)] stay.", "An array[0], a < b, {x} and f(x)] stay."),
        ("It&nbsp;turns &amp; turns<br />twice.", "It turns & turns\ntwice."),
        ("<math>x^{2}}</math>Words<gallery>\nFile:a|b\n</gallery>.", "Words."),
        ("__NOTOC__Words '''''both'''''.", "Words both."),
        ("", ""),
    ],
)
def test_markup_gives_its_words(source: str, expected: str) -> None:
    assert wiki_text(source) == expected


@pytest.mark.parametrize(
    "source", ["{{never closed", "[[never closed", "{| never closed", "<ref>never closed"]
)
def test_what_is_never_closed_stays_text(source: str) -> None:
    assert "never closed" in wiki_text(f"Before. {source}")


@pytest.mark.parametrize(
    "piece",
    ["[[", "[[a|", "{{", "{{a|", "{|\n", "<ref>", "'''", "<!--", "[//a ", "<nowiki>", "}}", "<a", "=", "*"],
)
def test_hostile_source_takes_no_longer_than_its_length(piece: str) -> None:
    """Libraries take minutes for some of these; the suite's time limit is the measure."""
    size = 200_000 // len(piece)
    closing = {"[[a|": "]]", "{{a|": "}}", "{|\n": "|}", "<ref>": "</ref>"}.get(piece, "")
    assert len(wiki_text(piece * size + closing * size)) <= 2 * 400_000


@given(st.text(alphabet=st.sampled_from("[]{}|<>/!-='*#:; refab\n&"), max_size=200))
def test_any_source_gives_text(source: str) -> None:
    assert isinstance(wiki_text(source), str)
