"""Maximal spans and all occurrences, against a plain scan, over scripts with and without spaces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scans import brute_force, count

from glaswerk.trace.search import Occurrences, SearchedSegment, find_all, maximal_spans
from glaswerk.trace.suffix_array import Segment
from glaswerk.trace.word_boundaries import WordBoundaries
from glaswerk.trace.word_tokens import WordTokens, tokenize_words

END = 256
BORDERS = WordBoundaries([bytes([i]) for i in range(256)] + [None], None)
PIECES = (
    "a",
    "b",
    "ab",
    "don't",
    "l’eau",
    "3",
    "ö",
    "Ωμ",
    "学校",
    "学",
    "สวัสดี",
    "שלום",
    "🦆",
    "e\u0301",
    "_",
)
GLUE = (" ", " ", " ", "  ", "\n", ". ", "-", "'", "’", "", "。", "_")
TEXT = st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from(GLUE)), max_size=12).map(
    lambda pairs: "".join(piece + glue for piece, glue in pairs)
)


def encode(text: str) -> list[int]:
    """One token per byte."""
    return list(text.encode())


def segment(texts: Sequence[str]) -> SearchedSegment:
    tokens = [token for text in texts for token in (*encode(text), END)] or [END]
    return SearchedSegment(Segment.of(np.array(tokens, np.uint16), END + 1))


def figures(answer: WordTokens, found: Sequence[Occurrences]) -> list[tuple[int, int, int]]:
    words = answer.words
    return [(words[each.first][0], words[each.end - 1][1], each.count) for each in found]


@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), min_size=1, max_size=3), TEXT, st.integers(2, 4))
@settings(deadline=None, max_examples=60)
def test_spans_and_counts_over_several_segments_equal_a_scan(
    groups: list[list[str]], answer: str, least: int
) -> None:
    words = tokenize_words(answer, encode)
    found = maximal_spans(words, [segment(texts) for texts in groups], BORDERS, least)
    texts = [text for group in groups for text in group]
    assert figures(words, found) == brute_force(texts, answer, least)


@given(st.lists(TEXT, min_size=1, max_size=4), TEXT)
@settings(deadline=None, max_examples=60)
def test_every_occurrence_of_a_phrase_is_found_and_no_other(texts: list[str], phrase: str) -> None:
    words = tokenize_words(phrase, encode)
    if not words.words:
        return
    found = find_all(words, [segment(texts)], BORDERS)
    assert found.count == count(texts, words.span(0, len(words.words)))


@given(st.lists(TEXT, min_size=2, max_size=4), TEXT, st.data())
@settings(deadline=None, max_examples=40)
def test_hidden_positions_are_as_good_as_absent(texts: list[str], answer: str, data: st.DataObject) -> None:
    hidden = data.draw(st.sets(st.integers(0, len(texts) - 1)))
    ends = np.cumsum([len(encode(text)) + 1 for text in texts])

    def visible(places: np.ndarray) -> np.ndarray:
        return np.array([int(np.searchsorted(ends, place, "right")) not in hidden for place in places], bool)

    whole = segment(texts).segment
    words = tokenize_words(answer, encode)
    found = maximal_spans(words, [SearchedSegment(whole, visible)], BORDERS, 2)
    shown = [text for i, text in enumerate(texts) if i not in hidden]
    assert figures(words, found) == brute_force(shown, answer, 2)


def test_places_point_right_after_the_first_word() -> None:
    words = tokenize_words("(old mill)", encode)
    found = find_all(words, [segment(["the old mill", "x", "old mill"])], BORDERS)
    assert [places.tolist() for places in found.places] == [[7, 18]]


@pytest.mark.parametrize("copies", [1, 40])
def test_a_copy_far_longer_than_the_first_look_is_one_span(copies: int) -> None:
    text = " ".join(f"w{i}" for i in range(200))
    words = tokenize_words(text, encode)
    found = maximal_spans(words, [segment([text] * copies)], BORDERS, 2)
    assert figures(words, found) == [(0, len(text), copies)]


def test_two_long_overlapping_copies_are_two_spans() -> None:
    words = [f"w{i}" for i in range(120)]
    first, second = " ".join(words[:80]), " ".join(words[40:])
    answer = tokenize_words(" ".join(words), encode)
    found = maximal_spans(answer, [segment([first, second])], BORDERS, 2)
    assert [(each.first, each.end, each.count) for each in found] == [(0, 80, 1), (40, 120, 1)]


def test_a_repeated_word_has_as_many_overlapping_occurrences_as_a_scan_finds() -> None:
    texts = ["no " * 300]
    words = tokenize_words("no no no", encode)
    assert find_all(words, [segment(texts)], BORDERS).count == count(texts, "no no no") == 298


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("学校 に 行く", "学校 に 行く", True),
        ("小学校 に 行く", "学校 に 行く", False),
        ("学校 に 行く人", "学校 に 行く", False),
        ("「学校 に 行く」", "学校 に 行く", True),
        ("ไป โรงเรียน ครับ", "โรงเรียน ครับ", True),
        ("x2 y3", "2 y3", False),
        ("über uns", "ber uns", False),
        ("🦆the mill🦆", "the mill", True),
        ("under_the mill_x", "the mill", True),
    ],
)
def test_a_match_begins_and_ends_where_letters_and_digits_do(text: str, answer: str, found: bool) -> None:
    words = tokenize_words(answer, encode)
    assert bool(find_all(words, [segment([text])], BORDERS).count) is found


def test_no_span_is_found_in_an_empty_or_wordless_answer() -> None:
    for answer in ("", " ", "…!?", "one"):
        words = tokenize_words(answer, encode)
        assert maximal_spans(words, [segment(["one two three"])], BORDERS, 2) == []
