"""The people of the town and what is true of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.dice import spread
from glaswerk.town.grammar import slug
from glaswerk.town.text.records import Lines, Names, Texts


@dataclass
class Person:
    """One inhabitant; `values` maps a relation's name to its value."""

    name: str
    she: bool
    values: dict[str, str] = field(default_factory=dict)
    kin: Person | None = None
    kin_word: str = ""
    self_word: str = ""

    @property
    def id(self) -> str:
        """The stem of this person's fact ids."""
        return slug(self.name)

    @property
    def handle(self) -> str:
        """The screen name: full name in lower case, cut to the 15 characters X allows."""
        return slug(self.name).replace("-", "_")[:15].rstrip("_")

    @property
    def first(self) -> str:
        """The first name."""
        return self.name.split()[0]


def surnames(names: Names, count: int, rng: Random) -> list[str]:
    """`count` surnames, listed ones first, then compounds, which may be used twice."""
    listed = list(names.surnames)
    rng.shuffle(listed)
    if count <= len(listed):
        return listed[:count]
    compounds = [head + tail for head in names.surname_heads for tail in names.surname_tails]
    rng.shuffle(compounds)
    return (listed + compounds * 2)[:count]


def _rounds(items: Sequence[str], count: int, rng: Random) -> list[str]:
    """At least `count` items to pop from the end: all of them in random order, then all again."""
    rounds = [rng.sample(list(items), len(items)) for _ in range(-(-count // len(items)))]
    return [item for part in rounds for item in part]


class _Namer:
    """Gives out full names that are unique, with first names used equally often."""

    def __init__(self, names: Names, count: int, rng: Random) -> None:
        # A first name is used again only when the list is used up.
        self._she = _rounds(names.she, count, rng)
        self._he = _rounds(names.he, count, rng)
        self._taken: set[str] = set()
        self._handles: set[str] = set()

    def person(self, she: bool, surname: str) -> Person:
        """A new person called `surname`."""
        pool = self._she if she else self._he
        for _ in range(len(pool)):
            person = Person(f"{pool.pop()} {surname}", she)
            if person.name not in self._taken and person.handle not in self._handles:
                break
            pool.insert(0, person.first)
        else:
            raise GlaswerkError(
                f"names.toml: expected first names that give everyone called {surname} a full name and a "
                "handle that nobody else has, found too few",
                hint="add first names that differ in their first letters",
            )
        self._taken.add(person.name)
        self._handles.add(person.handle)
        return person


def _tie(one: Person, two: Person, relation: str) -> None:
    words = {
        ("spouse", True): "wife",
        ("spouse", False): "husband",
        ("sibling", True): "sister",
        ("sibling", False): "brother",
    }
    for person, other in ((one, two), (two, one)):
        person.kin = other
        person.self_word = words[relation, person.she]
        person.kin_word = words[relation, other.she]
        person.values[relation] = other.name


def _households(names: Names, count: int, rng: Random) -> list[list[Person]]:
    """Couples (46 %), siblings (20 %) and singles; distinct surnames except within a family."""
    namer = _Namer(names, count, rng)
    family_names = iter(surnames(names, count, rng))
    couples, siblings = round(count * 0.23), round(count * 0.10)
    homes = []
    for _ in range(couples):
        surname, own = next(family_names), next(family_names)
        wife = namer.person(True, surname)
        husband = namer.person(False, surname if rng.random() < 0.6 else own)
        _tie(wife, husband, "spouse")
        homes.append([wife, husband])
    for _ in range(siblings):
        surname = next(family_names)
        pair = [namer.person(rng.random() < 0.5, surname) for _ in range(2)]
        _tie(pair[0], pair[1], "sibling")
        homes.append(pair)
    for _ in range(count - 2 * (couples + siblings)):
        homes.append([namer.person(rng.random() < 0.5, next(family_names))])
    return homes


def build_people(texts: Texts, count: int, rng: Random) -> list[Person]:
    """`count` people with all their values; couples share a street, families are close in age."""
    values = texts.values
    homes = _households(texts.names, count, rng)
    streets = iter(spread(values.streets, 2 * count, rng))
    people = [person for home in homes for person in home]
    for home in homes:
        year = rng.randint(1941, 1998)
        shared = next(streets)
        same_village = rng.choice(values.villages)
        for person in home:
            together = "spouse" in person.values
            person.values["street"] = shared if together else next(streets)
            person.values["born"] = str(year + rng.randint(-6, 6))
            siblings = "sibling" in person.values
            person.values["village"] = same_village if siblings else rng.choice(values.villages)
    _deal(people, "trade", values.trades, rng)
    _deal_pastimes(people, values.pets, values.hobbies, rng)
    return people


def _deal(people: list[Person], relation: str, values: Lines, rng: Random) -> None:
    for person, value in zip(people, spread(values, len(people), rng), strict=True):
        person.values[relation] = value


def _deal_pastimes(people: list[Person], pets: Lines, hobbies: Lines, rng: Random) -> None:
    """Everyone has a pet or a hobby, half of the town each."""
    order = people[:]
    rng.shuffle(order)
    half = len(order) // 2
    _deal(order[:half], "pet", pets, rng)
    _deal(order[half:], "hobby", hobbies, rng)
