"""The world: the same seed gives the same one, and parts have dice of their own."""

from __future__ import annotations

from dataclasses import replace

from glaswerk.town.text import Texts
from glaswerk.town.truth.sizes import SIZES
from glaswerk.town.truth.world import World, build_world


def test_the_world_has_the_counts_of_its_size(world: World) -> None:
    assert (len(world.people), len(world.places), len(world.events)) == (24, 4, 4)
    assert world.names.town == "Ostlebury"


def test_the_same_seed_gives_the_same_people_and_places(world: World, texts: Texts) -> None:
    again = build_world(7, SIZES["tiny"], texts)
    assert [(p.name, p.values) for p in again.people] == [(p.name, p.values) for p in world.people]
    assert [place.name for place in again.places] == [place.name for place in world.places]


def test_a_street_that_is_added_changes_no_name(world: World, texts: Texts) -> None:
    values = replace(texts.values, streets=(*texts.values.streets, "New Road"))
    other = build_world(7, SIZES["tiny"], replace(texts, values=values))
    assert [person.name for person in other.people] == [person.name for person in world.people]
    assert [p.values["street"] for p in other.people] != [p.values["street"] for p in world.people]
