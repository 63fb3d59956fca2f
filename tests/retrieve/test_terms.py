"""Words are compared whatever their inflection; German compounds by their halves."""

from __future__ import annotations

import pytest

from glaswerk.retrieve.terms import Terms, halves, stems, words


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("bridges", "bridge", "en"),
        ("builder's", "builder", "en"),
        ("brücken", "brücke", "de"),
        ("häusern", "häuser", "de"),
        ("gebautes", "gebaute", "de"),
    ],
)
def test_forms_of_a_word_share_a_stem(one: str, other: str, language: str) -> None:
    assert set(stems(one, language)) == set(stems(other, language))


def test_a_word_of_unknown_language_is_compared_in_all() -> None:
    assert set(stems("brücken", "de")) <= set(stems("brücken"))


@pytest.mark.parametrize(
    ("word", "known", "pair"),
    [
        ("brückenbau", {"brücke", "bau"}, ("brücke", "bau")),
        ("ratsversammlung", {"rat", "versammlung"}, ("rat", "versammlung")),
        ("kindergarten", {"kind", "garten"}, ("kind", "garten")),
        ("landeshaus", {"land", "haus"}, ("land", "haus")),
        ("brückenbau", {"brücke"}, None),
        ("mühlenweg", {"weg"}, None),
        ("brücke", {"brücke"}, None),
    ],
)
def test_compounds_are_divided_only_into_two_words_that_are_known(
    word: str, known: set[str], pair: tuple[str, str] | None
) -> None:
    assert halves(word, known.__contains__) == pair


def test_a_compound_has_its_halves_terms_beside_its_own() -> None:
    found = set(Terms({"rats", "versammlungen"}.__contains__).of(["ratsversammlungen"], "de"))
    assert set(stems("versammlungen", "de")) < found
    assert set(stems("ratsversammlungen", "de")) < found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Don’t STOP", ["don't", "stop"]),
        ("Ｆｕｌｌ width", ["full", "width"]),
        ("古い橋", ["古い", "い橋"]),
        ("iPhone古い橋", ["iphone", "古い", "い橋"]),
        ("", []),
    ],
)
def test_words_are_small_and_composed_and_pairs_where_there_are_no_spaces(
    text: str, found: list[str]
) -> None:
    assert words(text) == found


def test_long_words_of_two_scripts_and_long_compounds_end() -> None:
    assert words("a" * 50_000 + "'日本")[-1] == "日本"
    assert halves("brücke" * 20_000, lambda _: True) is None
