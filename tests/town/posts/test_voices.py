"""Voices: openers and closers, lower case, slips of the finger."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.town.dice import dice
from glaswerk.town.posts.voices import dress, lower_starts, slip, spell
from glaswerk.town.text.records import OFFICIAL, Voice

LOUD = Voice("loud", ("Hear me:",), ("Right?",), calm=0.0, typos=0.0)


def test_an_official_voice_adds_nothing() -> None:
    rng = dice(1, "test")
    assert {dress("A sentence.", OFFICIAL, rng) for _ in range(50)} == {"A sentence."}


def test_a_loud_voice_always_adds_an_opener_or_a_closer() -> None:
    rng = dice(1, "test")
    found = {dress("A sentence.", LOUD, rng) for _ in range(50)}
    assert found == {"Hear me: A sentence.", "A sentence. Right?"}


@pytest.mark.parametrize(
    ("text", "lowered"),
    [
        ("Just saying. Nobody knows.", "just saying. nobody knows."),
        ("Ada lives here. She does.", "Ada lives here. she does."),
        ("Jörg waved! Über all.", "Jörg waved! über all."),
        ("Änne and I. I know.", "Änne and I. I know."),
        ("The BBC came.", "the BBC came."),
        ("", ""),
    ],
)
def test_sentence_starts_are_lowered_but_names_are_not(text: str, lowered: str) -> None:
    assert lower_starts(text, frozenset({"Ada", "Jörg", "Änne", "I"})) == lowered


@given(st.text(max_size=80), st.integers(0, 99))
def test_a_slip_swaps_two_letters_at_most(text: str, seed: int) -> None:
    slipped = slip(text, dice(seed, "test"), "")
    assert sorted(slipped) == sorted(text)
    assert sum(one != two for one, two in zip(slipped, text, strict=True)) in (0, 2)


@pytest.mark.parametrize(
    "text", ["short words all", "#hashtags", "@handles_here", "https://gazette.example", "Ada Grubb"]
)
def test_short_words_tags_handles_links_and_names_are_never_misspelt(text: str) -> None:
    assert slip(text, dice(1, "test"), "") == text


def test_protected_words_are_never_misspelt() -> None:
    for seed in range(20):
        assert slip("the carpenter", dice(seed, "test"), "baker carpenter") == "the carpenter"
    assert slip("the carpenter", dice(1, "test"), "") != "the carpenter"


def test_a_lower_case_voice_sometimes_drops_its_full_stop() -> None:
    voice = Voice("teen", lower=True, typos=0.0)
    rng = dice(1, "test")
    found = {spell("Nobody knows.", voice, rng, frozenset()) for _ in range(50)}
    assert found == {"nobody knows.", "nobody knows"}
