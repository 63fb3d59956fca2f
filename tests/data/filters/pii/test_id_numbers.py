"""Tax, health and social insurance numbers: made up, with valid checksums, and their wrong neighbours."""

from __future__ import annotations

import pytest

from glaswerk.data.filters.pii import mask

NUMBERS = {
    "US": ("536-90-4399", "SSN 536904399"),
    "UK, insurance": ("AB 12 34 56 C", "CE123456D"),
    "UK, health": ("NHS no. 943 476 5870", "NHS: 9434765870"),
    "DE": ("36 574 261 809", "Steuer-ID 36574261809"),
    "FR": ("2 95 10 99 126 111 93", "295109912611193"),
    "IT": ("RCCMNL83S18D969H",),
    "ES": ("12345678Z", "X-1234567-L", "54.362.315-K"),
    "NL": ("BSN 111222333", "1112.22.333"),
    "PL": ("44051401359",),
    "BR": ("390.533.447-05", "39053344705"),
    "IN": ("2341 2341 2346", "AAPPV8261K"),
    "AU": ("TFN 123 456 782", "2123 45670 1"),
}


@pytest.mark.parametrize(("country", "text"), [(c, t) for c, texts in NUMBERS.items() for t in texts])
def test_a_number_is_masked_where_asked_for_and_only_there(country: str, text: str) -> None:
    masked, counts = mask(f"My number: {text}, {country}", ["id-number"])
    assert counts == {"id-number": 1}, masked
    assert masked.endswith(f"[id-number], {country}")
    assert not any(character.isdigit() for character in masked)
    assert "id-number" not in mask(text)[1]


@pytest.mark.parametrize(
    "text",
    [
        "000-12-3456, 666-12-3456, 536-00-4399 and 536-90-43990",
        "GB 12 34 56 C, AB 12 34 56 E",
        "NHS 943 476 5871, 943 476 5870 alone",
        "36 574 261 808, order 36574261809",
        "295109912611194, RCCMNL83S18D969A, 12345678A, X1234567M",
        "44051401358, 390.533.447-06, 111.111.111-11",
        "2341 2341 2347, 5123 45670 2, TFN 123 456 783, BSN 111222334",
        "https://example.org/12345678Z, a.12345678Z, 1.12345678Z",
    ],
)
def test_wrong_checksums_and_other_numbers_stay(text: str) -> None:
    assert mask(text, ["id-number"])[0] == text
