"""Word boundaries in a token file, whatever bytes the tokens cut the text into."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.trace.word_boundaries import WordBoundaries

TURN, END = 0, 1
TEXTS = st.text(st.sampled_from("ab'_ .3ö学🦆"), min_size=1, max_size=10)
Pieces = list[bytes | None]


@st.composite
def cut_texts(draw: st.DrawFn) -> tuple[Pieces, list[int], list[str]]:
    """A vocabulary, a token file in it, and the texts between its special tokens; cuts are anywhere."""
    pieces: Pieces = [None, None]
    tokens, texts = [END], draw(st.lists(TEXTS, min_size=1, max_size=4))
    for text in texts:
        data, at = text.encode(), 0
        while at < len(data):
            size = draw(st.integers(1, 4))
            piece = data[at : at + size]
            if piece not in pieces:
                pieces.append(piece)
            tokens.append(pieces.index(piece))
            at += size
        tokens.append(END)
    return pieces, tokens, texts


def text_around(pieces: Pieces, tokens: list[int], place: int) -> tuple[bytes, bytes]:
    """The bytes before and after a position, up to the nearest special tokens."""
    before, after = b"", b""
    for token in reversed(tokens[:place]):
        if (piece := pieces[token]) is None:
            break
        before = piece + before
    for token in tokens[place:]:
        if (piece := pieces[token]) is None:
            break
        after += piece
    return before, after


@given(cut_texts())
@settings(deadline=None)
def test_a_position_ends_a_word_unless_a_letter_or_digit_follows(
    made: tuple[Pieces, list[int], list[str]],
) -> None:
    pieces, tokens, _ = made
    places = [i for i in range(len(tokens) + 1) if _is_text(text_around(pieces, tokens, i)[1])]
    found = WordBoundaries(pieces, TURN).ends_whole(np.array(tokens), np.array(places, np.int64))
    expected = [not text_around(pieces, tokens, i)[1].decode()[:1].isalnum() for i in places]
    assert found.tolist() == expected


@given(cut_texts(), st.sampled_from(["a", "ab", "b", "3", "ö", "学", "a'b"]))
@settings(deadline=None)
def test_a_word_ends_at_a_position_if_its_bytes_do_and_no_letter_or_digit_is_before_them(
    made: tuple[Pieces, list[int], list[str]], word: str
) -> None:
    pieces, tokens, _ = made
    places = [i for i in range(len(tokens) + 1) if _is_text(text_around(pieces, tokens, i)[0])]
    found = WordBoundaries(pieces, TURN).starts_with(np.array(tokens), np.array(places, np.int64), word)
    expected = []
    for place in places:
        before = text_around(pieces, tokens, place)[0].decode()
        head = before.removesuffix(word)
        expected.append(before.endswith(word) and not head[-1:].isalnum())
    assert found.tolist() == expected


@given(cut_texts(), st.sampled_from(["a", "ab", "ö", "学"]))
@settings(deadline=None)
def test_every_token_that_a_whole_word_ends_with_is_among_its_leads(
    made: tuple[Pieces, list[int], list[str]], word: str
) -> None:
    pieces, tokens, _ = made
    borders = WordBoundaries(pieces, TURN)
    leads = dict(borders.leads(word))
    places = np.arange(1, len(tokens) + 1)
    whole = borders.starts_with(np.array(tokens), places, word)
    for place, is_whole in zip(places.tolist(), whole.tolist(), strict=True):
        last = tokens[place - 1]
        if is_whole:
            assert last in leads
        if leads.get(last):
            assert is_whole, "a certain lead needs no further look"


@pytest.mark.parametrize(("opens", "counts"), [(TURN, False), (END, True)])
def test_the_role_name_after_the_token_that_opens_a_turn_is_no_text(opens: int, counts: bool) -> None:
    pieces: Pieces = [None, None, b"user", b"\n", b"x"]
    borders = WordBoundaries(pieces, TURN)
    found = borders.starts_with(np.array([opens, 2, 3, 4]), np.array([2]), "user")
    assert found.tolist() == [counts]


def test_the_end_of_the_file_ends_a_word() -> None:
    borders = WordBoundaries([None, None, b"ab"], None)
    assert borders.ends_whole(np.array([2, 2]), np.array([1, 2])).tolist() == [False, True]


def test_the_beginning_of_the_file_begins_a_word() -> None:
    borders = WordBoundaries([None, None, b"ab"], None)
    assert borders.starts_with(np.array([2, 2]), np.array([1, 2]), "ab").tolist() == [True, False]


def _is_text(data: bytes) -> bool:
    """A search only asks at character borders."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
