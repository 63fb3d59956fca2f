"""The shops, pubs and workshops of the town, and its yearly events."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from glaswerk.town import names
from glaswerk.town.dice import spread
from glaswerk.town.grammar import slug
from glaswerk.town.people import Person


@dataclass(frozen=True)
class Place:
    """Somewhere with a door: its street, the year it was founded and who runs it."""

    name: str
    kind: str
    street: str
    founded: str
    keeper: Person

    @property
    def id(self) -> str:
        """The stem of this place's fact ids."""
        return slug(self.name)

    @property
    def handle(self) -> str:
        """The screen name, at most 15 characters."""
        return slug(self.name.removeprefix("The ")).replace("-", "_")[:15].rstrip("_")


@dataclass(frozen=True)
class Venue:
    """An open place where events are held, with the words that go before its name."""

    preposition: str
    article: str
    name: str

    @property
    def where(self) -> str:
        """For example "at the Town Hall"."""
        return f"{self.preposition} {self.article}{self.name}"

    @property
    def named(self) -> str:
        """For example "the Town Hall"."""
        return self.article + self.name


@dataclass(frozen=True)
class Event:
    """Something that happens every year."""

    name: str
    month: str
    venue: Venue
    note: str

    @property
    def id(self) -> str:
        """The stem of this event's fact ids."""
        return slug(self.name)


VENUES = tuple(Venue(*row) for row in names.VENUES)


def _place_list(count: int, rng: Random) -> list[tuple[str, str, str]]:
    more = [
        (f"The {head} {noun}", kind, trade)
        for head in names.PLACE_HEADS
        for noun, kind, trade in names.PLACE_TAILS
    ]
    rng.shuffle(more)
    return (list(names.PLACES) + more)[:count]


def build_places(count: int, people: list[Person], rng: Random) -> list[Place]:
    """`count` places, each run by a different person, whose trade becomes the fitting one."""
    keepers = rng.sample(people, count)
    streets = spread(names.STREETS, count, rng)
    years = spread(names.FOUNDED, count, rng)
    rows = _place_list(count, rng)
    places = []
    for (name, kind, trade), keeper, street, year in zip(rows, keepers, streets, years, strict=True):
        keeper.values["trade"] = trade
        places.append(Place(name, kind, street, year, keeper))
    return places


def build_events(count: int) -> list[Event]:
    """The first `count` events of the year's calendar."""
    return [Event(name, month, VENUES[venue], note) for name, month, venue, note in names.EVENTS[:count]]
