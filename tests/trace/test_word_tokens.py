"""Words of a text, the tokens between their ends, and incomplete characters at the edge of a token."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scans import WORD

from glaswerk.trace.word_tokens import begins_in_word, ends_in_word, occurrences, tokenize_words

TEXTS = st.text(st.sampled_from("ab'’_ .,-\n3öΩ学校🦆e\u0301\u200b"), max_size=30)


def encode(text: str) -> list[int]:
    return list(text.encode())


@given(TEXTS)
def test_words_are_runs_of_letters_and_digits_with_inner_apostrophes(text: str) -> None:
    words = tokenize_words(text, encode).words
    assert list(words) == [match.span() for match in WORD.finditer(text)]
    for start, end in words:
        assert text[start].isalnum()
        assert text[end - 1].isalnum()


@given(TEXTS)
def test_the_tokens_are_those_of_the_text_after_the_first_word(text: str) -> None:
    found = tokenize_words(text, encode)
    if found.words:
        rest = text[found.words[0][1] : found.words[-1][1]]
        assert found.tokens.tolist() == encode(rest)


@given(TEXTS)
def test_every_word_ends_at_a_token_border(text: str) -> None:
    found = tokenize_words(text, encode)
    assert len(found.borders) == max(1, len(found.words))
    for i, ((_, end), (_, next_end)) in enumerate(pairwise(found.words)):
        part = found.tokens[found.borders[i] : found.borders[i + 1]]
        assert bytes(part.tolist()).decode() == text[end:next_end]


@given(TEXTS, st.data())
def test_a_span_of_words_is_their_text(text: str, data: st.DataObject) -> None:
    found = tokenize_words(text, encode)
    if not found.words:
        return
    first = data.draw(st.integers(0, len(found.words) - 1))
    end = data.draw(st.integers(first + 1, len(found.words)))
    span = found.span(first, end)
    assert text.find(span) >= 0
    assert [m[0] for m in WORD.finditer(span)] == [text[a:b] for a, b in found.words[first:end]]


@given(TEXTS, TEXTS.filter(bool))
def test_occurrences_are_all_places_without_a_letter_or_digit_next_to_them(text: str, span: str) -> None:
    expected = [
        at
        for at in range(len(text) - len(span) + 1)
        if text.startswith(span, at)
        and not text[:at][-1:].isalnum()
        and not text[at + len(span) :][:1].isalnum()
    ]
    assert list(occurrences(text, span)) == expected


@given(TEXTS.filter(bool), st.integers(0, 3))
def test_the_last_character_is_judged_if_all_of_it_is_there(text: str, cut: int) -> None:
    data = text.encode()
    assert ends_in_word(data) is text[-1].isalnum()
    tail = text[-1].encode()[cut:]
    if cut and tail:
        # Only continuation bytes: the beginning of the character is not there.
        assert ends_in_word(tail) is None


@given(TEXTS.filter(bool), st.integers(1, 3))
def test_the_first_character_is_judged_if_all_of_it_is_there(text: str, size: int) -> None:
    assert begins_in_word(text.encode()) is text[0].isalnum()
    head = text[0].encode()
    if size < len(head):
        assert begins_in_word(head[:size]) is None


@pytest.mark.parametrize("data", [b"\x80\x80\x80\x80", b"\xff\xff\xff\xff", b"\xf8\x88\x80\x80\x80"])
def test_bytes_that_are_no_utf8_are_no_word(data: bytes) -> None:
    assert begins_in_word(data) is False
    assert not ends_in_word(data)


def test_nothing_is_known_of_no_bytes() -> None:
    assert ends_in_word(b"") is None
    assert begins_in_word(b"") is False
