"""Words are compared folded, whole and in order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.text_match import contains_words, normalised


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ""),
        (" \t\n", ""),
        ("…!?", ""),
        ("Pepper-Lane, 12!", "pepper lane 12"),
        ("STRASSE", "strasse"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("x²", "x2"),
        ("Ｆｕｌｌ ｗｉｄｔｈ", "full width"),
        ("don't", "don t"),
        ("a\u00a0b", "a b"),
        ("日本語", "日本語"),
        ("🥐 bread", "bread"),
    ],
)
def test_a_text_is_its_words_folded(text: str, words: str) -> None:
    assert normalised(text) == words


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("born in 1976.", "1976", True),
        ("born in 19761", "1976", False),
        ("It costs 3.50 marks", "3.50", True),
        ("It costs 3 50 marks", "3.50", True),
        ("ﬁsherman", "fisherman", True),
        ("STRASSE", "Straße", True),
        ("anything", "…", False),
        ("", "a", False),
        ("the mill by the ford", "mill by the ford", True),
        ("the ford by the mill", "mill by the ford", False),
        ("windmill", "mill", False),
        ("mill", "mill", True),
    ],
)
def test_words_are_found_whole_and_in_order(text: str, wanted: str, found: bool) -> None:
    assert contains_words(text, wanted) is found


@given(st.text())
def test_folding_twice_changes_nothing_more_than_once(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


@given(st.lists(st.text("abc", min_size=1), min_size=1), st.data())
def test_any_run_of_words_is_found_in_any_punctuation(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    assert contains_words("; ".join(words).upper() + "!", " ".join(words[start:end]))
