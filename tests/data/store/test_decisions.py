"""Decisions carry a rule's version, and samples show a few texts that may be shown."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.store.decisions import (
    CODES,
    DECISION_SCHEMA,
    KEPT,
    SAMPLES_PER_REASON,
    UNSHOWN,
    VERSIONS,
    ReasonSamples,
    excerpt,
)
from glaswerk.data.store.reasons import CURATION


def test_every_rule_of_curation_has_a_version_and_a_code_that_fits_a_byte() -> None:
    assert set(VERSIONS) == set(CODES) == set(CURATION)
    assert list(CODES.values()) == list(range(len(CURATION)))
    assert max(CODES.values()) < 256
    assert all(version >= 1 for version in VERSIONS.values())


def test_a_decision_names_document_source_rule_score_and_the_document_it_duplicates() -> None:
    assert DECISION_SCHEMA.names == [
        "document",
        "source",
        "rule",
        "version",
        "score",
        "kept",
        "reason",
        "duplicate_of",
    ]


@pytest.mark.parametrize(
    ("length", "shown"), [(0, ""), (280, "é" * 280), (281, "é" * 280 + "…"), (10_000, "é" * 280 + "…")]
)
def test_an_excerpt_has_at_most_280_characters_of_the_text(length: int, shown: str) -> None:
    assert excerpt("é" * length) == shown


def offered(pairs: list[tuple[str, str]]) -> ReasonSamples:
    samples = ReasonSamples()
    for document, text in pairs:
        samples.offer("too-short", document, text)
    return samples


names = st.lists(st.text(min_size=1, max_size=6), max_size=20, unique=True)


@given(names, st.randoms(use_true_random=False))
def test_the_order_of_offers_does_not_decide_which_samples_stay(
    found: list[str], order: random.Random
) -> None:
    pairs = [(name, f"text of {name}") for name in found]
    shuffled = order.sample(pairs, len(pairs))
    assert offered(pairs).listed() == offered(shuffled).listed()


@given(names)
def test_at_most_four_texts_of_a_reason_are_held(found: list[str]) -> None:
    listed = offered([(name, name) for name in found]).listed()
    assert len(listed.get("too-short", [])) == min(len(found), SAMPLES_PER_REASON)
    assert all(row["text"] == row["document"] for rows in listed.values() for row in rows)


@given(names, names)
def test_samples_of_parts_offered_again_equal_those_of_all(ours: list[str], theirs: list[str]) -> None:
    theirs = [name for name in theirs if name not in ours]
    merged = offered([(name, name) for name in ours])
    for rows in offered([(name, name) for name in theirs]).chosen.values():
        for _, document, text in rows:
            merged.offer("too-short", document, text)
    assert merged.listed() == offered([(name, name) for name in (*ours, *theirs)]).listed()


@pytest.mark.parametrize("reason", sorted(UNSHOWN))
def test_texts_that_are_private_or_reserved_are_never_held(reason: str) -> None:
    samples = ReasonSamples()
    samples.offer(reason, "x:1", "my words")
    assert not samples.wants(reason, "x:1")
    assert samples.listed() == {}


def test_wants_says_beforehand_whether_a_text_would_be_taken() -> None:
    samples = offered([(str(number), "") for number in range(50)])
    held = {document for _, document, _ in samples.chosen["too-short"]}
    later = [str(number) for number in range(50, 100)]
    wanted = [name for name in later if samples.wants("too-short", name)]
    for name in later:
        samples.offer("too-short", name, "")
    now = {document for _, document, _ in samples.chosen["too-short"]}
    assert now <= held | set(wanted)
    assert not now & (set(later) - set(wanted))


def test_samples_are_listed_in_the_order_of_the_rules_whatever_came_first() -> None:
    samples = ReasonSamples()
    for reason in (KEPT, "near-duplicate", "empty"):
        samples.offer(reason, "x:1", "words")
    assert list(samples.listed()) == ["empty", "near-duplicate", KEPT]


def test_an_id_with_a_lone_surrogate_can_be_ranked() -> None:
    assert offered([("\ud800", "text")]).listed() == {"too-short": [{"document": "\ud800", "text": "text"}]}
