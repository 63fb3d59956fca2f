"""Masking of addresses and numbers, and what only looks like them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.pii import mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to lena.mill+fair@post.example.org!", "Write to [email]!"),
        ("(anna_b@mail.de), or müller@bücher.example", "([email]), or [email]"),
        ("DE89 3704 0044 0532 0130 00 is the account", "[iban] is the account"),
        ("de89370400440532013000", "[iban]"),
        ("Konto AT12, IBAN: GB82-WEST-1234-5698-7654-32.", "Konto AT12, IBAN: [iban]."),
        ("Call +49 151 23456789 or 030/1234567.", "Call [phone] or [phone]."),
        ("Tel. (089) 123 45 67, 0151-23456789", "Tel. [phone], [phone]"),
        ("Ring (212) 555-2368 or 212-555-2368", "Ring [phone] or [phone]"),
        ("0049 (0)30 1234567", "[phone]"),
    ],
)
def test_addresses_and_numbers_are_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "In 1990-1999 and 2024-05-12, 12.05.2024, 05/12/2024 or 2024/05/12.",
        "It costs 1 200 000 €, EUR 1.250.000,50, $1,234,567.89 or 0.99.",
        "+10 000 000 people, 1.000.000 trees, 53.000.000.000,00 Euro",
        "Open 0800-1200, postcode 01067 Dresden, bus 042, room 0815",
        "Ratio 16:9, version 10.0.19045, 192.168.100.200, pages 100-200",
        "https://x.com/lena/status/1850000000000000123 and https://example.org/0301234567",
        "DE89 3704 0044 0532 0130 01 has a wrong checksum",
        "@lena and me @ home, 3 @ 5, user@host",
        "Score 4-3-3, chapter 1-2-3, 2018/2019",
        "ISBN 978-3-16-148410-0",
        "7°N 030°W, 04:04 02/01/12 6.7C",
    ],
)
def test_years_dates_prices_and_links_stay(text: str) -> None:
    assert mask(text)[0] == text


@pytest.mark.parametrize("letter", ["\u212a", "\u0130", "\u017f", "\u0131"])
def test_letters_that_only_fold_to_ascii_are_no_part_of_an_account_number(letter: str) -> None:
    for text in (f"GB82WEST1234569876543{letter}", f"GB82WE{letter}T12345698765432", f"D{letter}893704"):
        assert mask(text) == (text, {})
    assert mask(f"{letter}DE89370400440532013000")[1]["iban"] == 0
    assert mask("é DE89370400440532013000 ü")[0] == "é [iban] ü"


def test_masks_are_counted_by_kind() -> None:
    _, counts = mask("a@b.de, c@d.org, +49 30 123456789 and DE89370400440532013000")
    assert counts == {"email": 2, "phone": 1, "iban": 1}


@given(st.text(alphabet="0123456789+-()/ .@abDE:[]phone", max_size=80))
def test_masking_twice_changes_nothing(text: str) -> None:
    once, _ = mask(text)
    again, counts = mask(once)
    assert again == once
    assert not counts


@given(st.text(alphabet="abcdefgh äöü.,!?", max_size=200))
def test_text_without_digits_and_at_signs_is_never_touched(text: str) -> None:
    assert mask(text) == (text, {})
