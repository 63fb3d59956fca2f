"""Telephone numbers as each country writes them, and numbers that only look alike."""

from __future__ import annotations

import pytest

from glaswerk.data.filters.pii import mask

NATIONAL = {
    "DE": ("030 12345678", "0171/2345678", "(0 30) 12 34 56 78", "0151-23456789"),
    "AT": ("0664 1234567", "01 5123456"),
    "CH": ("044 668 18 00", "079 123 45 67"),
    "FR": ("06 12 34 56 78", "01.42.34.56.78", "0612345678"),
    "ES": ("612 345 678", "612 34 56 78", "91 123 45 67"),
    "IT": ("347 123 4567", "333 1234567", "02 12345678", "06 6982 1234"),
    "NL": ("06 12345678", "06-12345678", "020 123 4567"),
    "PL": ("501 234 567", "22 123 45 67", "601-234-567"),
    "BR": ("(11) 91234-5678", "(21) 3123-4567", "11 91234-5678"),
    "IN": ("98765 43210", "011 2345 6789", "09876543210"),
    "AU": ("0412 345 678", "(02) 9374 4000", "03 9123 4567"),
    "GB": ("020 7946 0958", "07911 123456", "0161 496 0123"),
    "US": ("(212) 555-2368", "212-555-2368", "312.555.2368"),
    "JP": ("03-3123-4567", "090-1234-5678"),
    "KR": ("010-2345-6789", "02-712-3456"),
    "CN": ("138 1234 5678",),
}


@pytest.mark.parametrize(("country", "number"), [(c, n) for c, numbers in NATIONAL.items() for n in numbers])
def test_the_formats_of_a_country_are_masked_without_a_word_before_them(country: str, number: str) -> None:
    assert mask(f"So: {number}, {country}", ["phone"])[0] == f"So: [phone], {country}"
    assert mask(f"请拨打{number}，谢谢", ["phone"])[0] == "请拨打[phone]，谢谢"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("WhatsApp 612345678", "WhatsApp [phone]"),
        ("call me: 2125552368!", "call me: [phone]!"),
        ("mobile no. 9876543210", "mobile no. [phone]"),
        ("手机13812345678", "手机[phone]"),
        ("我是13812345678，请保存", "我是[phone]，请保存"),
        ("☎ 501234567", "☎ [phone]"),
    ],
)
def test_a_bare_row_of_digits_needs_a_word_before_it(text: str, masked: str) -> None:
    assert mask(text, ["phone"])[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "612345678 votes, 2125552368 stars and 9876543210 bytes",
        "600 123 000 people, € 612 345 678, 612 345 678 € and 612 345 678 元",
        "order 2125552368, Bestellnummer 0664597629, invoice no. 212-555-2368, ticket: 0612345678",
        "from 1914-1918 to 1939 1945, 1990–1999, 24/12/2024 18:30",
        "call on 12-05-2024 or 2024 05 12",
        "version 212.555.2368.1, x.com/a/status/1381234567890123456, a-612-345-678",
        "123 123 123",
        "tweet 1850000000000000123, ISBN 978-3-16-148410-0, 0800-1200, 01067 Dresden",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask(text, ["phone"])[0] == text
