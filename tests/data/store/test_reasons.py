"""Every reason can be explained, and no name means two things."""

from __future__ import annotations

import re

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.filters import pii
from glaswerk.data.store.reasons import ADDING, CURATION, MASKED, PACKING, REASONS, explain


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_has_a_meaning_and_a_way_to_change_it(reason: str) -> None:
    text = explain(reason)
    assert text.count(".") >= 2
    assert len(text) > 40


def test_either_spelling_is_understood() -> None:
    assert explain("near_duplicate") == explain("near-duplicate")
    assert explain("no-text") == explain("no_text")


def test_an_unknown_reason_is_answered_with_similar_ones() -> None:
    with pytest.raises(GlaswerkError, match="found 'near-duplicat'; similar: near-duplicate") as caught:
        explain("near-duplicat")
    assert caught.value.hint == "glaswerk explain near-duplicate"


def test_no_reason_is_in_two_tables_in_either_spelling() -> None:
    names = [re.sub("_", "-", reason) for table in (CURATION, ADDING, PACKING, MASKED) for reason in table]
    # Curation drops one copy of two sources, adding one of two in the same call; both are explained.
    assert [name for name in names if names.count(name) > 1] == ["repeated-id"] * 2
    assert len(REASONS) == len(names)


def test_reasons_of_curation_have_hyphens_and_those_of_adding_underscores() -> None:
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", reason) for reason in CURATION)
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", reason) for reason in [*ADDING, *PACKING])


def test_rights_and_deletions_are_decided_before_any_rule_on_the_text() -> None:
    order = list(CURATION)
    first = ["forgotten", "deleted", "copy-of-forgotten", "rights-opt-out", "private-audience"]
    assert order[:5] == first
    assert order[-1] == "kept"


def test_every_kind_of_personal_data_has_its_explanation() -> None:
    assert set(MASKED) == {*pii.KINDS, "evaluation", "boilerplate"}
    assert all(f"[{kind}]" in MASKED[kind].meaning for kind in pii.KINDS)


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_meaning_and_change_are_sentences(reason: str) -> None:
    for words in (REASONS[reason].meaning, REASONS[reason].change):
        assert words.endswith(".")
        assert words[0].isupper() or words[0] == "`"
        assert "  " not in words


@pytest.mark.parametrize(
    ("typed", "suggested"),
    [
        ("near-duplicat", "near-duplicate"),
        ("languge", "language"),
        ("broken-pictures", "broken_picture"),
        ("", "lists all reasons"),
        ("日本", "lists all reasons"),
    ],
)
def test_a_mistyped_reason_gets_the_nearest_one_or_the_list(typed: str, suggested: str) -> None:
    with pytest.raises(GlaswerkError) as caught:
        explain(typed)
    assert repr(typed) in caught.value.message
    assert caught.value.hint == f"glaswerk explain {suggested}"
