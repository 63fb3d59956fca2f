"""Exact and near duplicates; posts of one pattern about different things are neither."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.filters import duplicates
from glaswerk.data.filters.duplicates import candidates, content_hash, features, overlap, words_of

NOTICE = (
    "The council asks everyone on the upper bank to move their boats before the water rises tonight, "
    "and to keep the path along the weir free for the fire brigade"
)


@pytest.mark.parametrize(
    ("left", "right"),
    [("The  mill\nturns. ", "the mill TURNS."), ("Straße", "STRASSE"), ("ﬁne", "fine")],
)
def test_case_spaces_and_compatible_forms_make_no_difference(left: str, right: str) -> None:
    assert content_hash(left) == content_hash(right)


def test_another_word_is_another_text() -> None:
    assert content_hash("The mill turns.") != content_hash("The mill stops.")


@pytest.mark.parametrize(
    "other",
    [
        NOTICE + "! https://t.co/abc",
        NOTICE.upper(),
        NOTICE.replace("asks", "begs"),
        "so: " + NOTICE[0].lower() + NOTICE[1:] + " 🙏",
    ],
)
def test_small_changes_of_a_notice_are_near_duplicates(other: str) -> None:
    assert overlap(NOTICE, other) >= 0.8


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (f"{NOTICE}, says Anna Reed", f"{NOTICE}, says Berta Reed"),
        (f"Anna writes that {NOTICE}", f"Berta writes that {NOTICE}"),
        (f"{NOTICE} at 7", f"{NOTICE} at 8"),
        (f"{NOTICE} in 1990", f"{NOTICE}"),
    ],
)
def test_another_name_or_number_makes_another_fact(left: str, right: str) -> None:
    assert overlap(left, right) == 0.0


def test_long_texts_are_compared_by_overlap_alone() -> None:
    words = " ".join(f"word{i}" for i in range(400))
    assert overlap(words, words.replace("word200", "Other")) > 0.95


def test_candidates_hold_the_near_duplicates_and_not_the_pattern() -> None:
    names = ("Anna", "Berta", "Clara", "Dora")
    texts = [f"Yesterday in the market hall {name} told us that {NOTICE}" for name in names]
    texts += [NOTICE, NOTICE + "!", "Something else entirely happened on the other side of the hill."]
    assert list(candidates(*features(texts))) == [(4, 5)]


def test_a_thousand_equal_texts_do_not_make_a_million_pairs() -> None:
    found = list(candidates(*features([NOTICE] * 1000)))
    assert len(found) < 60_000
    assert {later for _, later in found} == set(range(1, 1000))


@given(st.text(max_size=60), st.text(max_size=60))
def test_overlap_is_symmetric_and_full_with_itself(left: str, right: str) -> None:
    assert overlap(left, left) == (1.0 if words_of(left) else 0.0)
    assert overlap(left, right) == overlap(right, left)
    assert 0.0 <= overlap(left, right) <= 1.0


def test_features_do_not_depend_on_how_many_texts_go_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts = [f"{NOTICE} in the year {year}, as it was in {year - 7}." for year in range(1900, 1930)]
    digests, guards = features(texts)
    monkeypatch.setattr(duplicates, "_CHARACTERS", 300)
    again, guards_again = features(texts)
    assert (digests == again).all()
    assert (guards == guards_again).all()
    monkeypatch.setattr(duplicates, "_WORDS", 5)
    assert (digests == features(texts)[0]).all()
    assert features([])[0].shape == (0, duplicates.PERMUTATIONS)
