"""The shops, pubs and workshops of the town, and its yearly events."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from glaswerk.town.dice import spread
from glaswerk.town.grammar import slug
from glaswerk.town.text.records import PlaceTexts, Texts
from glaswerk.town.truth.people import Person


@dataclass(frozen=True)
class Place:
    """A shop, pub or workshop: its street, the year it was founded and who runs it."""

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


def _place_list(texts: PlaceTexts, count: int, rng: Random) -> list[tuple[str, ...]]:
    more: list[tuple[str, ...]] = [
        (f"The {head} {noun}", kind, trade) for head in texts.heads for noun, kind, trade in texts.tails
    ]
    rng.shuffle(more)
    return (list(texts.listed) + more)[:count]


def build_places(texts: Texts, count: int, people: list[Person], rng: Random) -> list[Place]:
    """`count` places, each run by a different person, whose trade is set to fit."""
    keepers = rng.sample(people, count)
    streets = spread(texts.values.streets, count, rng)
    years = spread(texts.values.founded, count, rng)
    rows = _place_list(texts.places, count, rng)
    places = []
    for (name, kind, trade), keeper, street, year in zip(rows, keepers, streets, years, strict=True):
        keeper.values["trade"] = trade
        places.append(Place(name, kind, street, year, keeper))
    return places
