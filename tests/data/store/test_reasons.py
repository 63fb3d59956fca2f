"""Every reason can be explained."""

from __future__ import annotations

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.reasons import REASONS, explain


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_has_a_meaning_and_a_way_to_change_it(reason: str) -> None:
    text = explain(reason)
    assert text.count(".") >= 2
    assert len(text) > 40


def test_either_spelling_is_understood() -> None:
    assert explain("near_duplicate") == explain("near-duplicate")
    assert explain("no-text") == explain("no_text")


def test_an_unknown_reason_lists_the_known_ones() -> None:
    with pytest.raises(GlaswerkError) as caught:
        explain("near-duplicat")
    assert all(reason in caught.value.message for reason in REASONS)
    assert caught.value.hint == "glaswerk explain near-duplicate"
