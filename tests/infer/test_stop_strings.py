"""Stop strings: nothing of one is ever shown, and nothing else is lost, however the text is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.infer.stop_strings import StopFilter

PIECES = st.lists(st.text(st.sampled_from("abE🦆"), max_size=4), max_size=10)
STOP = st.text(st.sampled_from("abE🦆"), min_size=1, max_size=4)


def shown(stops: list[str], pieces: list[str]) -> tuple[str, bool]:
    """The text that a reader sees: fed until a stop string is hit, then the rest if none was."""
    found = StopFilter(stops)
    text = ""
    for piece in pieces:
        text += found.feed(piece)
        if found.hit:
            return text, True
    return text + found.rest(), False


@given(PIECES, STOP)
def test_one_stop_string_ends_the_text_at_its_first_place_however_it_is_cut(
    pieces: list[str], stop: str
) -> None:
    text = "".join(pieces)
    place = text.find(stop)
    assert shown([stop], pieces) == ((text[:place], True) if place >= 0 else (text, False))


@given(PIECES, st.lists(STOP, max_size=4))
def test_with_several_no_stop_string_is_ever_shown(pieces: list[str], stops: list[str]) -> None:
    text = "".join(pieces)
    found, hit = shown(stops, pieces)
    assert text.startswith(found)
    assert not any(stop in found for stop in stops)
    assert hit is any(stop in text for stop in stops)
    if hit:
        assert any(text.startswith(stop, len(found)) for stop in stops)
    else:
        assert found == text


@given(PIECES)
def test_without_stop_strings_every_piece_passes_at_once(pieces: list[str]) -> None:
    found = StopFilter(["", ""])
    assert [found.feed(piece) for piece in pieces] == pieces
    assert (found.rest(), found.hit) == ("", False)


@given(PIECES, st.lists(STOP, min_size=1, max_size=3))
def test_only_what_may_become_a_stop_string_is_held_back(pieces: list[str], stops: list[str]) -> None:
    found, given_, out = StopFilter(stops), "", ""
    for piece in pieces:
        given_ += piece
        out += found.feed(piece)
        if found.hit:
            return
        held = given_.removeprefix(out)
        assert not held or any(stop.startswith(held) and stop != held for stop in stops)


@pytest.mark.parametrize(
    ("stops", "pieces", "expected"),
    [
        (["END"], ["one E", "two EN", "D three"], ("one Etwo ", True)),
        (["END"], ["the EN"], ("the EN", False)),
        (["\n\n"], ["a\n", "b\n", "\nc"], ("a\nb", True)),
        (["aab"], ["aaab"], ("a", True)),
        (["abab", "b"], ["a", "b"], ("a", True)),
        (["x"], [""], ("", False)),
    ],
)
def test_examples(stops: list[str], pieces: list[str], expected: tuple[str, bool]) -> None:
    assert shown(stops, pieces) == expected


def test_after_a_stop_string_nothing_is_left() -> None:
    found = StopFilter(["END"])
    assert found.feed("a END b") == "a "
    assert found.rest() == ""
