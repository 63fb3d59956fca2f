"""Quality rules on short posts and on pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.filters.quality import QualityConfig, check

CONFIG = QualityConfig()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("I lobe Hobo Rob #JS", "post"),
        ("Noooooooooooo!!!!! Not again 😭😭😭😭😭😭😭😭😭😭", "post"),
        ("Guten Morgen!", "post"),
        ("おはようございます", "post"),
        ("Happy birthday @anna 🎂🎂🎂🎂", "post"),
        ("#rain #river #fair", "post"),
        ('The cow says, "Moo."\n\nThe goat says, "Meh, meh."', "page"),
        ("| name | year |\n|------|------|\n| Anna | 1990 |\n| Bert | 1991 |", "page"),
        ("- [x] buy flour\n- [ ] buy yeast\n- [ ] call the miller", "page"),
    ],
)
def test_ordinary_text_passes(text: str, kind: str) -> None:
    assert next(check(text, kind, CONFIG), None) is None


@pytest.mark.parametrize(
    ("text", "kind", "reason"),
    [
        ("", "post", "empty"),
        ("@anna https://t.co/abc", "post", "empty"),
        ("@anna Thanks!", "post", "too-short"),
        ("Contents", "page", "too-short"),
        ("A short story.", "book", "too-short"),
        ("o--[]==>>> ~~~~ ^^^^ /\\/\\/\\ ****** |||| words words", "post", "symbol-heavy"),
        ("buy now " * 12, "post", "repetitive"),
        (
            "\n".join(["All rights reserved by the mill."] * 30 + ["One line of content."]),
            "page",
            "repetitive",
        ),
    ],
)
def test_what_teaches_nothing_is_named(text: str, kind: str, reason: str) -> None:
    found = next(check(text, kind, CONFIG), None)
    assert found is not None
    assert found.reason == reason


def test_thresholds_come_from_the_config() -> None:
    assert next(check("Thanks!", "post", QualityConfig(post_letters=3)), None) is None


def reasons(text: str, kind: str = "page", config: QualityConfig = CONFIG) -> list[str]:
    return [found.reason for found in check(text, kind, config)]


@pytest.mark.parametrize(
    ("kind", "least"),
    [("post", 8), ("thread", 8), ("caption", 8), ("page", 20), ("speech", 20), ("book", 200)],
)
def test_each_kind_has_its_least_number_of_letters(kind: str, least: int) -> None:
    letters = "".join(chr(ord("a") + number % 26) for number in range(least))
    assert reasons(letters, kind) == []
    assert reasons(letters[1:], kind) == ["too-short"]


@pytest.mark.parametrize(
    ("text", "letters"),
    [("abc 123", 6), ("äöü", 6), ("日本語", 9), ("snake_case", 9), ("!?…", 0), ("🙏🙏", 0), ("e\u0301", 1)],
)
def test_letters_and_digits_count_in_bytes_of_utf8(text: str, letters: int) -> None:
    found = next(found for found in check(text, "book", CONFIG) if found.reason == "too-short")
    assert found.score == letters


@pytest.mark.parametrize(
    "text", ["@anna @bob", "https://t.co/a www.example.org", " \n\t ", "@anna\nhttp://x.example"]
)
def test_links_and_mentions_are_no_text(text: str) -> None:
    assert reasons(text, "post")[0] == "empty"


def test_an_address_with_an_at_sign_is_not_a_mention() -> None:
    assert reasons("anna.reed@mill.example", "post") == []


def test_emoji_are_no_symbols_and_other_signs_are() -> None:
    assert reasons("Good morning 🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂🎂", "post") == []
    assert reasons("Good morning " + "~" * 30, "post") == ["symbol-heavy"]


def test_the_share_of_letters_is_the_threshold_itself_or_more() -> None:
    text = "a" * 40 + "=" * 60
    assert reasons(text) == []
    assert reasons(text + "=") == ["symbol-heavy"]


def test_words_that_repeat_count_only_in_texts_of_ten_to_two_hundred_words() -> None:
    assert reasons("buy it now " * 3) == []
    assert reasons("buy it now " * 5) == []
    assert reasons("buy it now " * 6) == ["repetitive"]
    assert reasons("buy it now " * 67) == []


def test_lines_that_repeat_count_from_ten_lines_on() -> None:
    line = " ".join(f"word{number}" for number in range(30))
    assert reasons("\n".join([line] * 9)) == []
    assert reasons("\n".join([line] * 10)) == ["repetitive"]


@given(st.text(max_size=200), st.sampled_from(["post", "page", "book", "dialogue"]))
def test_each_finding_on_any_text_has_a_score_beyond_its_threshold(text: str, kind: str) -> None:
    for found in check(text, kind, CONFIG):
        limits = {
            "empty": found.score == 0,
            "too-short": 0 <= found.score < 200,
            "symbol-heavy": 0 <= found.score < CONFIG.letter_share,
            "repetitive": found.score < CONFIG.distinct_words or found.score > CONFIG.repeated_lines,
        }
        assert limits[found.reason]


@given(st.text(min_size=1, max_size=100))
def test_thresholds_of_nothing_reject_only_empty_texts(text: str) -> None:
    config = QualityConfig(0, 0, 0, letter_share=0.0, distinct_words=0.0, repeated_lines=1.0)
    assert set(reasons(text, "page", config)) <= {"empty"}
