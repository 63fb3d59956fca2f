"""What all writers of posts share: the world, the accounts, common placeholders, and the last touches."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from glaswerk.town.grammar import choose_branches, expand
from glaswerk.town.posts.accounts import Account
from glaswerk.town.posts.post import MAX_CHARACTERS, season
from glaswerk.town.posts.voices import dress, spell
from glaswerk.town.truth.world import World


@dataclass(frozen=True)
class Scene:
    """The world with its accounts, and the words that no voice may change.

    `proper` words keep their capital; `protected` holds words without slips of the finger.
    """

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
        """Random values for the placeholders of small talk."""
        texts = self.world.texts
        venue = rng.choice(texts.places.venues)
        eateries = [place.name for place in self.world.places if place.kind in texts.places.eateries]
        return {
            "town": texts.names.town,
            "river": texts.names.river,
            "street": rng.choice(texts.values.streets),
            "place": rng.choice(self.world.places).name,
            "eatery": rng.choice(eateries),
            "venue": venue.named,
            "at_venue": venue.where,
        }


def build_scene(world: World, accounts: list[Account]) -> Scene:
    """The scene of this world; proper names are collected from everything that has one."""
    names, values, shops = world.names, world.texts.values, world.texts.places
    phrases = [person.name for person in world.people] + [place.name for place in world.places]
    phrases += [names.town, names.river, *values.streets, *values.villages, *values.months]
    phrases += [venue.name for venue in shops.venues] + [event.name for event in world.events]
    phrases += [*names.parties.values(), *names.proper]
    proper = frozenset(word for phrase in phrases for word in phrase.split()) - {"The", "A", "In", "On"}
    protected = " ".join((*values.trades, *values.pets, *values.hobbies))
    return Scene(world, accounts, proper, protected)


def weather_line(month: int, scene: Scene, rng: Random) -> str:
    """One sentence about the weather of that month."""
    return choose_branches(rng.choice(scene.world.texts.smalltalk.weather[season(month)]), rng)


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
        text = f"{text} {weather_line(month, scene, rng)}"
    if len(text) + len(tail) + 1 > MAX_CHARACTERS:
        text = core
    text = spell(text, author.voice, rng, scene.proper, scene.protected)
    return f"{text} {tail}".strip()


def say(template: str, scene: Scene, rng: Random) -> str:
    """A small-talk template filled in."""
    return expand(template, rng, scene.slots(rng))
