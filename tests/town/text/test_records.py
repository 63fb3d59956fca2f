"""Small behaviour of the records that texts are read into."""

from __future__ import annotations

from glaswerk.town.text import Texts
from glaswerk.town.text.records import RESERVED_PAIRS, Event, Venue


def test_a_venue_knows_the_words_that_go_before_its_name() -> None:
    assert Venue("at", "the", "Town Hall").where == "at the Town Hall"
    assert Venue("in", "", "Market Square").where == "in Market Square"
    assert Venue("in", "", "Market Square").named == "Market Square"


def test_the_id_of_an_event_is_made_from_its_name() -> None:
    assert Event("Bean Weigh-In", "August", Venue("at", "the", "Quay"), "note").id == "bean-weigh-in"


def test_the_last_pairs_of_an_issue_are_not_spoken(texts: Texts) -> None:
    for issue in texts.issues:
        assert issue.spoken_wants + issue.wants[-RESERVED_PAIRS:] == issue.wants


def test_relations_are_found_by_the_kind_of_their_subject(texts: Texts) -> None:
    assert [relation.name for relation in texts.relations_of("event")] == ["event_month", "event_venue"]
    assert len(texts.relations_of("person")) == 8
    assert texts.relations_of("river") == []


def test_a_voice_is_found_by_its_id(texts: Texts) -> None:
    assert texts.voice("clerk").typos == 0.0


def test_a_newspaper_prints_nothing_personal(texts: Texts) -> None:
    for relation in texts.relations.values():
        words = {word.strip(".,|[]").lower() for text in relation.printable for word in text.split()}
        assert not words & {"i", "my", "me", "us", "today", "yesterday"}
        assert set(relation.printable) < set(relation.statements) or relation.subject_kind != "person"
