"""What the writers of posts share: the world, the accounts, and common slots and trimmings."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from glaswerk.town import names
from glaswerk.town.accounts import Account
from glaswerk.town.grammar import choose_branches, expand
from glaswerk.town.places import VENUES
from glaswerk.town.posts import MAX_CHARACTERS, month_of_year
from glaswerk.town.smalltalk import SEASON_OF_MONTH, WEATHER
from glaswerk.town.voices import dress, spell
from glaswerk.town.world import World

# Kinds of place where one can eat or drink.
EATERIES = ("tea room", "pub", "bakery", "soup bar", "inn", "restaurant")


@dataclass(frozen=True)
class Scene:
    """The world with its accounts, and the words that must survive every voice."""

    world: World
    accounts: list[Account]
    proper: frozenset[str]
    protected: str

    def of_kind(self, *kinds: str) -> list[Account]:
        """Accounts of these kinds."""
        return [account for account in self.accounts if account.kind in kinds]

    def one(self, kind: str) -> Account:
        """The first account of this kind."""
        return next(account for account in self.accounts if account.kind == kind)

    def slots(self, rng: Random) -> dict[str, str]:
        """Random settings for small talk."""
        venue = rng.choice(VENUES)
        return {
            "town": names.TOWN,
            "river": names.RIVER,
            "street": rng.choice(names.STREETS),
            "place": rng.choice(self.world.places).name,
            "eatery": rng.choice([place.name for place in self.world.places if place.kind in EATERIES]),
            "venue": venue.named,
            "at_venue": venue.where,
        }


def build_scene(world: World, accounts: list[Account]) -> Scene:
    """The scene of this world; proper names are collected from everything that has one."""
    phrases = [person.name for person in world.people] + [place.name for place in world.places]
    phrases += [names.TOWN, names.RIVER, *names.STREETS, *names.VILLAGES, *names.MONTHS]
    phrases += [venue.name for venue in VENUES] + [event.name for event in world.events]
    phrases += [*names.PARTIES.values(), "Gazette", "Rovers", "Castle", "I"]
    proper = frozenset(word for phrase in phrases for word in phrase.split()) - {"The", "A", "In", "On"}
    protected = " ".join((*names.TRADES, *names.PETS, *names.HOBBIES))
    return Scene(world, accounts, proper, protected)


def weather_line(month: int, rng: Random) -> str:
    """One sentence about the weather of that month."""
    return choose_branches(rng.choice(WEATHER[SEASON_OF_MONTH[month_of_year(month)]]), rng)


def finish(core: str, author: Account, month: int, scene: Scene, rng: Random, tail: str = "") -> str:
    """The core in the author's voice, at times with a word on the weather, and never too long."""
    return wrap_up(dress(core, author.voice, rng), core, author, month, scene, rng, tail)


def remark(core: str, author: Account, month: int, scene: Scene, rng: Random) -> str:
    """Small talk as this voice types it: complete in itself, so it gets no opener or closer."""
    return wrap_up(core, core, author, month, scene, rng)


def wrap_up(
    text: str, core: str, author: Account, month: int, scene: Scene, rng: Random, tail: str = ""
) -> str:
    """Weather, length and spelling, the last things a post goes through."""
    if rng.random() < 0.10:
        text = f"{text} {weather_line(month, rng)}"
    if len(text) + len(tail) + 1 > MAX_CHARACTERS:
        text = core
    text = spell(text, author.voice, rng, scene.proper, scene.protected)
    return f"{text} {tail}".strip()


def say(template: str, scene: Scene, rng: Random) -> str:
    """A small-talk template filled in."""
    return expand(template, rng, scene.slots(rng))
