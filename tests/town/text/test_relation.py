"""What the file of a relation must hold, so that posts, chats and answer key agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.town.grammar import always_holds
from glaswerk.town.text import Texts, load_texts
from glaswerk.town.text.relation import SUBJECT, SUBJECT_KINDS, VALUE
from tests.town.text.edits import edit, refusal


def test_every_relation_has_many_phrasings(texts: Texts) -> None:
    assert list(texts.relations) == list(SUBJECT_KINDS)
    for relation in texts.relations.values():
        assert len(set(relation.statements)) >= 16
        assert len(set(relation.questions)) >= 16
        assert len(set(relation.heldout)) == 4
        assert not set(relation.heldout) & set(relation.questions + relation.follow_ups + relation.asks)


def test_every_statement_holds_subject_and_value_in_every_branch(texts: Texts) -> None:
    for relation in texts.relations.values():
        for template in relation.statements + relation.first_person + relation.answers:
            assert always_holds(template, SUBJECT)
            assert always_holds(template, VALUE)


def test_no_question_gives_the_value_away(texts: Texts) -> None:
    for relation in texts.relations.values():
        asked = relation.asks + relation.questions + relation.follow_ups + relation.heldout
        assert not [text for text in asked if any(f"{{{slot}}}" in text for slot in VALUE)]


def test_an_apposition_holds_the_value(texts: Texts) -> None:
    added = [relation.apposition for relation in texts.relations.values() if relation.apposition]
    assert added
    assert all(always_holds(text, VALUE) for text in added)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "spouse",
            "{N} is married to {v}.",
            "{N} is married.",
            "expected {v} or {a_v} or {A_v} in every line",
        ),
        (
            "spouse",
            "{N} is married to {v}.",
            "Married to {v}.",
            "expected {name} or {N} or {poss} in every line",
        ),
        (
            "spouse",
            "{N} is married to {v}.",
            "{N} is [married to {v}|single].",
            "whichever branches are picked",
        ),
        (
            "spouse",
            "Who did {name} marry?",
            "Who is {name} married to?",
            "a held-out question that is in no other",
        ),
        (
            "spouse",
            "Who did {name} marry?",
            "who is {name}  MARRIED to",
            "a held-out question that is in no other",
        ),
        ("spouse", "Who did {name} marry?", "Who did {name} marry: {v}?", "found {v}"),
        (
            "spouse",
            "Who did {name} marry?",
            "Who got married?",
            "expected {name} or {N} or {poss} or {lname}",
        ),
        ("spouse", "Who is {name} married to?", "Who is {name} married to, {v}?", "found {v}"),
        ("street", "{N} lives on {v}.", "{N} lives on {v} with {his} {other}.", "found {other}"),
        ("place_street", "{name} is on {v}.", "{name} is on {v}. {He} knows.", "found {He}"),
        ("event_month", "statements = '''", "statements = '''\nThe {name} is held {at_v}.", "found {at_v}"),
        ("pet", "apposition = ", "aposition = ", "found 'aposition'; did you mean 'apposition'?"),
    ],
)
def test_an_edit_that_would_contradict_the_answer_key_is_refused(
    name: str, old: str, new: str, message: str, texts_folder: Path
) -> None:
    edit(texts_folder, f"relations/{name}.toml", old, new)
    found = refusal(texts_folder)
    assert found.startswith(str(texts_folder / f"relations/{name}.toml"))
    assert message in found


@pytest.mark.parametrize(("name", "fewest"), [("street", 8), ("spouse", 14), ("place_keeper", 14)])
def test_there_are_enough_questions_for_the_most_that_are_drawn(
    name: str, fewest: int, texts_folder: Path
) -> None:
    path = texts_folder / f"relations/{name}.toml"
    text = path.read_text(encoding="utf-8")
    start = text.index("\nquestions = '''\n") + len("\nquestions = '''\n")
    lines = text[start : text.index("'''", start)].splitlines(keepends=True)
    path.write_text(text.replace("".join(lines), "".join(lines[: fewest - 1])), encoding="utf-8")
    assert f"expected {fewest} to 5,000 entries for 'questions', found {fewest - 1}" in refusal(texts_folder)


def test_a_relation_without_words_of_its_own_subject_is_accepted(texts_folder: Path) -> None:
    path = texts_folder / "relations/pet.toml"
    text = path.read_text(encoding="utf-8")
    start = text.index("first_person = '''")
    end = text.index("'''\n", start + len("first_person = '''")) + 4
    path.write_text(text[:start] + text[end:], encoding="utf-8")
    assert load_texts(texts_folder).relations["pet"].first_person == ()


def test_at_least_one_statement_must_suit_a_newspaper(texts_folder: Path) -> None:
    path = texts_folder / "relations/pet.toml"
    text = path.read_text(encoding="utf-8")
    start = text.index("statements = '''\n") + len("statements = '''\n")
    path.write_text(
        text[:start] + "I met {N} and {a_v} today.\n" + text[text.index("'''", start) :], encoding="utf-8"
    )
    assert "expected a statement that the gazette can print" in refusal(texts_folder)
