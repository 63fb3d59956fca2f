"""Dialogues about people who do not exist."""

from __future__ import annotations

from glaswerk.town.chats.readings import courtesy_turns, list_turns, reading_turns, strangers
from glaswerk.town.dice import dice
from glaswerk.town.truth.world import World


def test_strangers_are_neither_residents_nor_related_to_one(world: World) -> None:
    residents = {person.name for person in world.people}
    found = strangers(world, 100, dice(1, "test"))
    assert len(found) == 100
    assert not [person for person in found if person.name in residents]
    assert not [person for person in found if person.kin and person.kin.name in residents]


def test_a_reading_holds_its_answer_in_what_the_user_says(world: World) -> None:
    for turns in reading_turns(world, 40, dice(1, "test")):
        asked = " ".join(question for question, _, _ in turns)
        answer = turns[-1][1]
        names = [word for word in answer.rstrip(".").split() if word[0].isupper() and word in asked]
        assert names
        assert all(fact is None for _, _, fact in turns)


def test_a_courtesy_repeats_the_name(world: World) -> None:
    residents = {person.name for person in world.people}
    for ((asked, answer, fact),) in courtesy_turns(world, 40, dice(1, "test")):
        assert fact is None
        assert not set("{}") & set(asked + answer)
        assert not [name for name in residents if name in asked]


def test_a_list_is_read_back_word_for_word(world: World) -> None:
    turns = [turn for ((turn),) in list_turns(world, 60, dice(1, "test"))]
    lists = [(asked, answer) for asked, answer, _ in turns if ", " in answer and "Greetings" not in answer]
    assert len(lists) >= 60
    assert all(
        answer.rstrip(".") in asked for asked, answer in lists if answer.endswith(".") and "how" not in answer
    )


def test_invented_shops_do_not_exist(world: World) -> None:
    existing = {place.name for place in world.places}
    signs = [turn for ((turn),) in list_turns(world, 80, dice(1, "test")) if "sign for" in turn[0]]
    assert signs
    assert not [
        asked for asked, _, _ in signs if asked.removeprefix("Write a sign for ").rstrip(".") in existing
    ]
