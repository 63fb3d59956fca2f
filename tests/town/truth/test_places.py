"""Places: who runs them, where they are, and what they are called."""

from __future__ import annotations

from glaswerk.town.dice import dice
from glaswerk.town.text import Texts
from glaswerk.town.truth.people import Person, build_people
from glaswerk.town.truth.places import Place, build_places


def build(texts: Texts, count: int) -> list[Place]:
    people = build_people(texts, max(24, count), dice(1, "people"))
    return build_places(texts, count, people, dice(1, "places"))


def test_every_place_is_run_by_somebody_else_whose_trade_fits(texts: Texts) -> None:
    places = build(texts, 16)
    trades = {name: trade for name, _, trade in texts.places.listed}
    assert len({place.keeper.name for place in places}) == 16
    assert all(place.keeper.values["trade"] == trades[place.name] for place in places)


def test_the_first_places_of_the_list_come_first(texts: Texts) -> None:
    assert [place.name for place in build(texts, 4)] == [row[0] for row in texts.places.listed[:4]]


def test_more_places_than_the_list_has_are_made_from_heads_and_tails(texts: Texts) -> None:
    places = build(texts, 160)
    assert len({place.id for place in places}) == 160
    made = places[len(texts.places.listed) :]
    assert {place.name.split()[1] for place in made} <= set(texts.places.heads)
    assert {place.name.split()[2] for place in made} <= {row[0] for row in texts.places.tails}


def test_a_handle_leaves_out_the_article() -> None:
    keeper = Person("Ada Grubb", she=True)
    assert Place("The Copper Kettle", "tea room", "Mill Lane", "1902", keeper).handle == "copper_kettle"
    assert Place("Thea's Tea Room", "tea room", "Mill Lane", "1902", keeper).handle == "thea_s_tea_room"
