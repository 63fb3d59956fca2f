"""Language codes and detection."""

from __future__ import annotations

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.language import check_codes, probabilities, share_of, tidy_code


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
