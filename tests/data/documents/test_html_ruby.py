"""Words with a reading above them, as Japanese pages and schoolbooks write them."""

from __future__ import annotations

import pytest

from glaswerk.data.documents.html import plain_text, read_page


@pytest.mark.parametrize(
    "ruby",
    [
        "<ruby>漢<rt>kan</rt></ruby>",
        "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>",
        '<RUBY class="x"><rb>漢</rb><RT lang="en">kan</RT></RUBY>',
    ],
)
def test_a_word_with_a_reading_stays_in_the_text(ruby: str) -> None:
    page = f"<p>He wrote {ruby} here.</p>"
    assert plain_text(page) == "He wrote 漢(kan) here."
    assert read_page(f"<html><body>{page}</body></html>")["text"] == "He wrote 漢(kan) here."
