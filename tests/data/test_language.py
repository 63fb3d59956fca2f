"""Language codes and detection."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.filters.pii import KINDS
from glaswerk.data.language import MASKS, bare_line, check_codes, letters, probabilities, share_of, tidy_code


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("en-US", "en"),
        ("DE", "de"),
        ("in", "id"),
        ("iw", "he"),
        ("und", ""),
        ("qme", ""),
        ("zxx", ""),
        ("", ""),
    ],
)
def test_codes_are_tidied(given: str, tidy: str) -> None:
    assert tidy_code(given) == tidy


def test_a_wrong_code_is_refused() -> None:
    with pytest.raises(GlaswerkError, match="found 'german'") as caught:
        check_codes(["de", "german"])
    assert "glaswerk curate" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Heute backe ich Brot, und morgen gehe ich auf den Markt.", "de"),
        ("Today I bake bread, and tomorrow I go to the market.", "en"),
        ("Aujourd'hui je fais du pain, et demain je vais au marché.", "fr"),
    ],
)
def test_sentences_are_recognised(text: str, language: str) -> None:
    found = probabilities(text)
    assert next(iter(found)) == language
    assert share_of(found, [language]) > 0.8
    assert share_of(found, ["ja"]) < 0.1


def test_links_and_mentions_have_no_language() -> None:
    assert probabilities("@anna https://example.org/the/english/words #Hashtag 123") == {}


def test_codes_are_tidied_sorted_and_taken_once() -> None:
    assert check_codes(["en-US", "de", "EN", "iw"]) == ("de", "en", "he")
    assert check_codes([]) == ()


def test_a_close_neighbour_counts_as_the_language_itself() -> None:
    assert share_of({"nds": 0.5, "de": 0.25, "nl": 0.25}, ["de"]) == 0.75
    assert share_of({"de": 0.7, "nds": 0.7}, ["de"]) == 1.0
    assert share_of({}, ["de"]) == 0.0


def test_links_names_and_masks_are_taken_out_before_letters_are_counted() -> None:
    text = "Read\nthis: https://a.example/words @hazel #mill [email] now2"
    assert bare_line(text) == "Read this: now2"
    assert letters(text) == len("Readthisnow")


def test_only_the_start_of_a_long_text_is_looked_at() -> None:
    assert len(bare_line("word " * 10_000)) <= 400


@given(st.text(max_size=60))
def test_any_text_gets_probabilities_between_0_and_1(text: str) -> None:
    found = probabilities(text)
    assert all(0 <= value <= 1 for value in found.values())
    assert list(found.values()) == sorted(found.values(), reverse=True)


@given(st.text(max_size=12))
def test_a_tidy_code_is_empty_or_a_code_that_stays_as_it_is(code: str) -> None:
    tidy = tidy_code(code)
    assert tidy_code(tidy) == tidy
    assert tidy == "" or (tidy.isascii() and 2 <= len(tidy) <= 3)


def test_every_mask_of_personal_data_has_no_language() -> None:
    assert MASKS == KINDS


SENTENCES = {
    "en": "My friend is a bird and the bakery is closed today",
    "de": "Die Straße zum Markt ist heute wegen der großen Kirmes gesperrt",
    "fr": "Demain nous irons au marché pour acheter du pain et du fromage",
    "es": "Mañana iremos al mercado para comprar el pan de toda la semana",
    "ru": "Завтра мы пойдём на рынок, чтобы купить хлеб и молоко",
    "el": "Αύριο θα πάμε στην αγορά για να αγοράσουμε ψωμί και γάλα",
    "tr": "İstanbul'da yarın pazara gidip ekmek ve peynir almak istiyoruz",
    "pl": "Jutro pójdziemy na targ, żeby kupić chleb i świeże masło",
}


def alternating(text: str) -> str:
    return "".join(c.upper() if place % 2 else c.lower() for place, c in enumerate(text))


@pytest.mark.parametrize("written", [str.upper, str.title, alternating, str.lower])
@pytest.mark.parametrize("lang", SENTENCES)
def test_a_text_has_the_same_language_in_capitals_and_not(lang: str, written: Callable[[str], str]) -> None:
    assert next(iter(probabilities(SENTENCES[lang]))) == lang
    assert next(iter(probabilities(written(SENTENCES[lang])))) == lang


@pytest.mark.parametrize(
    "text",
    [
        "MAKE THE MILL TURN AGAIN",
        "WHAT IS THE LOWEST ROUND FOR CB POSITION?",
        "HAPPY BIRTHDAY TO THE BEST SISTER",
        "PLEASE REMEMBER TO VOTE TOMORROW",
        "WE ARE GOING TO WIN SO MUCH!!! #MILL https://t.co/x",
        "THE BAKERY IS CLOSED TODAY. @anna KNOWS",
    ],
)
def test_short_posts_in_capitals_are_english(text: str) -> None:
    found = probabilities(text)
    assert next(iter(found)) == "en"
    assert found == probabilities(text.replace("THE", "the").replace("BEST", "best"))


def test_a_few_names_and_acronyms_leave_a_sentence_as_it_is() -> None:
    text = "The council of Lower Mill and NATO met today in the old town hall near the river"
    assert probabilities(text) != probabilities(text.lower())
