"""Quality rules on short posts and on pages."""

from __future__ import annotations

import pytest

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
