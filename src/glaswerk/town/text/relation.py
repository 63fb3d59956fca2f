"""What the file of a relation must hold, so that posts, chats and answer key agree."""

from __future__ import annotations

from glaswerk.town.grammar import plain_words
from glaswerk.town.text.records import Lines, Relation
from glaswerk.town.text.table import Table

# The kind of subject of each relation, in the order in which facts are made.
SUBJECT_KINDS = {
    "street": "person",
    "trade": "person",
    "born": "person",
    "village": "person",
    "spouse": "person",
    "sibling": "person",
    "pet": "person",
    "hobby": "person",
    "place_street": "place",
    "place_founded": "place",
    "place_keeper": "place",
    "event_month": "event",
    "event_venue": "event",
}
# A question of the answer key is drawn from this many held-out ones.
HELDOUT = 3
# The most tuning questions that are drawn for one fact; more where few subjects have the relation.
QUESTIONS, QUESTIONS_OF_FEW = 8, 14


# Placeholders, by the kind of subject; then those that hold the subject, and those that hold the value.
NAME = ("name", "N", "lname", "poss", "town")
PRONOUNS = ("he", "him", "his", "He", "His")
SUBJECT = ("name", "N", "poss")
VALUE = ("v", "a_v", "A_v", "at_v", "At_v", "the_v", "The_v")
SLOTS = {
    "person": (*NAME, *PRONOUNS),
    "kin": (*NAME, *PRONOUNS, "self", "other", "otherhim", "OtherHe", "pair"),
    "place": (*NAME, "kind", "vhe", "vhis"),
    "event": (*NAME, "note", "note_cap"),
}
VALUE_SLOTS = {"event_month": ("v",), "event_venue": ("v", "at_v", "At_v", "the_v", "The_v")}


def parse_relation(table: Table, name: str) -> Relation:
    """relations/NAME.toml.

    A sentence that states the fact holds the subject and the value whichever branches are picked, so that
    the answer key agrees with it; a question never holds the value.
    """
    kind = SUBJECT_KINDS[name]
    kin = name in ("spouse", "sibling")
    slots = SLOTS["kin" if kin else kind]
    stated = (*slots, *VALUE_SLOTS.get(name, ("v", "a_v", "A_v")))
    few = kin or kind != "person"
    relation = Relation(
        name=name,
        subject_kind=kind,
        statements=table.sentences("statements", stated, needs=(SUBJECT, VALUE)),
        first_person=_own_words(table, stated),
        asks=table.sentences("asks", slots),
        questions=table.sentences("questions", slots, QUESTIONS_OF_FEW if few else QUESTIONS),
        follow_ups=table.sentences("follow_ups", slots),
        heldout=table.sentences("heldout", slots, HELDOUT, needs=[(*SUBJECT, "lname")]),
        answers=table.sentences("answers", stated, needs=(SUBJECT, VALUE)),
        apposition=table.plain("apposition", stated, branches=True) if table.has("apposition") else "",
    )
    _check_heldout(table, relation)
    if not relation.printable:
        raise table.error(
            "expected a statement that the gazette can print, without I, my, me, us or today, found none",
            key="statements",
        )
    return relation


def _own_words(table: Table, slots: Lines) -> Lines:
    if not table.has("first_person"):
        return ()
    return table.sentences("first_person", slots, needs=(SUBJECT, VALUE))


def _check_heldout(table: Table, relation: Relation) -> None:
    used = {plain_words(text) for text in relation.questions + relation.follow_ups + relation.asks}
    for text in relation.heldout:
        if plain_words(text) in used:
            raise table.error(
                f"expected a held-out question that is in no other list, found {text!r}",
                key="heldout",
                entry=text,
            )
