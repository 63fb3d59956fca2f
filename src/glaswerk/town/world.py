"""The whole town as it truly is: people, places, events."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.town.dice import dice
from glaswerk.town.people import Person, build_people
from glaswerk.town.places import Event, Place, build_events, build_places
from glaswerk.town.sizes import TownSize


@dataclass(frozen=True)
class World:
    """Everything that is true of the town."""

    seed: int
    size: TownSize
    people: list[Person]
    places: list[Place]
    events: list[Event]


def build_world(seed: int, size: TownSize) -> World:
    """The town of this seed and size."""
    people = build_people(size.people, dice(seed, "people"))
    places = build_places(size.places, people, dice(seed, "places"))
    return World(seed, size, people, places, build_events(size.events))
