"""The town as it truly is: its people, places and events, with the texts it is made from."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.town.dice import dice
from glaswerk.town.text.records import Event, Names, Texts
from glaswerk.town.truth.people import Person, build_people
from glaswerk.town.truth.places import Place, build_places
from glaswerk.town.truth.sizes import TownSize


@dataclass(frozen=True)
class World:
    """Everything that is true of the town."""

    seed: int
    size: TownSize
    texts: Texts
    people: list[Person]
    places: list[Place]
    events: list[Event]

    @property
    def names(self) -> Names:
        """What the town and its institutions are called."""
        return self.texts.names


def build_world(seed: int, size: TownSize, texts: Texts) -> World:
    """The town of this seed, size and texts; it holds the first `size.events` events of the list."""
    people = build_people(texts, size.people, dice(seed, "people"))
    places = build_places(texts, size.places, people, dice(seed, "places"))
    return World(seed, size, texts, people, places, list(texts.places.events[: size.events]))
