"""The history of a document: sources, marks, derivations, and what each corpus decided."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from small_labs import add_source, doc

from glaswerk.data.curate.curate import curate
from glaswerk.data.removal.history import (
    Event,
    in_corpora,
    in_derivations,
    in_marks,
    in_sources,
    merged_into,
)
from glaswerk.data.removal.purge import purge
from glaswerk.lab import Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone

NOTICE = "The council asks everyone on the upper bank to move their boats before the water rises."


def words(events: Sequence[Event]) -> list[str]:
    return [event.words for event in events]


@pytest.fixture
def lab(empty_lab: Lab) -> Lab:
    """Two sources that share post 1, a thread, a duplicate, a derived document; curated once."""
    own = [
        doc("x:1", NOTICE, author="hazel"),
        doc("x:2", "A thread on the old mill and the river.", kind="thread", author="hazel"),
        doc("x:5", "RT @otis: The ford is dry.", retweet_of="@otis"),
    ]
    add_source(empty_lab, "a", own, parts=[("x:3", "x:2", "thread")], deleted=["x:9"])
    copies = [doc(f"b:{number}", NOTICE.upper()) for number in range(7)]
    made = doc("b:made", "The council wants the boats moved, it is said.", derived_from=("x:1",))
    add_source(empty_lab, "b", [*copies, made, doc("x:1", NOTICE, author="hazel")])
    curate(empty_lab)
    return empty_lab


def test_a_post_leads_to_the_thread_that_it_went_into(lab: Lab) -> None:
    assert merged_into(lab, "x:3") == ["x:2"]
    assert merged_into(lab, "x:2") == []
    assert merged_into(lab, "nobody") == []


def test_each_source_that_holds_a_document_is_an_event_and_the_first_gives_its_text(lab: Lab) -> None:
    first, events = in_sources(lab, "x:1")
    assert first is not None
    assert first.text == NOTICE
    assert [event.name for event in events] == ["a", "b"]
    assert all(each.startswith("added 20") for each in words(events))


def test_a_part_and_a_deletion_are_known_without_a_document(lab: Lab) -> None:
    first, events = in_sources(lab, "x:3")
    assert first is None
    assert words(events) == ["went into x:2 (thread)"]
    assert words(in_sources(lab, "x:9")[1]) == ["its owner deleted it"]
    assert in_sources(lab, "nobody") == (None, [])


def test_derivations_are_listed_in_both_directions(lab: Lab) -> None:
    (event,) = in_derivations(lab, "x:1")
    assert event.words == "what was derived from it: b:made"
    assert event.figures == {"what_was_derived_from_it": ["b:made"]}
    assert words(in_derivations(lab, "b:made")) == ["derived from: x:1"]
    assert in_derivations(lab, "x:5") == []


def test_what_was_derived_from_a_post_of_a_thread_is_in_the_threads_history(lab: Lab) -> None:
    made = [doc(f"c:{number}", derived_from=("x:3",)) for number in range(6)]
    add_source(lab, "c", made)
    (event,) = in_derivations(lab, "x:2")
    assert event.words == "what was derived from it: c:0, c:1, c:2, c:3, c:4 … (6)"


def test_a_kept_document_names_its_split_and_its_copies_also_the_one_with_its_own_id(lab: Lab) -> None:
    (event,) = in_corpora(lab, "x:1")[:1]
    assert event.words.startswith(f"kept, in {event.figures['split']}")
    assert "; represents 8 copies: b:0, b:1, b:2, b:3, b:4" in event.words
    assert event.figures["stands_for"] == [*(f"b:{number}" for number in range(7)), "x:1"]


def test_a_dropped_document_names_the_rule_its_explanation_and_the_one_kept(lab: Lab) -> None:
    (copy,) = in_corpora(lab, "b:3")
    assert copy.words.startswith("exact-duplicate (score 1.000), represented in the corpus by x:1. ")
    (retweet,) = in_corpora(lab, "x:5")
    assert retweet.words.startswith("retweet. ")
    assert in_corpora(lab, "nobody") == []


@pytest.mark.parametrize(
    ("identifier", "mark", "said"),
    [
        ("x:1", Tombstone("id", "x:1"), "to be forgotten; "),
        ("b:made", Tombstone("id", "x:1"), "derived from what is to be forgotten; "),
        ("x:5", Tombstone("author", "@Otis"), "to be forgotten; "),
        ("x:2", Tombstone("id", "x:3"), "to be forgotten; "),
    ],
)
def test_a_mark_is_in_the_history_of_all_that_it_covers(
    lab: Lab, identifier: str, mark: Tombstone, said: str
) -> None:
    document, events = in_sources(lab, identifier)
    sources = [event.name for event in events]
    assert in_marks(lab, identifier, document, sources) == []
    Forgotten((mark,)).write(lab.root)
    (event,) = in_marks(lab, identifier, document, sources)
    assert event.words.startswith(said)
    assert event.figures == {"deleted": True}


def test_a_mark_on_one_of_two_sources_is_not_a_mark_on_a_document_of_both(lab: Lab) -> None:
    Forgotten((Tombstone("source", "a"),)).write(lab.root)
    document, events = in_sources(lab, "x:1")
    assert in_marks(lab, "x:1", document, [event.name for event in events]) == []
    assert in_marks(lab, "x:2", None, ["a"]) != []


def test_a_purged_document_is_known_by_its_id_alone(lab: Lab) -> None:
    Forgotten((Tombstone("id", "x:2"),)).write(lab.root)
    purge(lab)
    first, events = in_sources(lab, "x:2")
    assert first is None
    assert words(events)[0].startswith("purged by 20")
    assert events[0].figures == {"deleted": True}
