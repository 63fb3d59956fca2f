"""The accounts that post: people, places, clubs, parties, gazette, council and outsiders."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.dice import dice
from glaswerk.town.grammar import slug
from glaswerk.town.text.records import OFFICIAL, AccountTexts, Voice
from glaswerk.town.truth.people import Person
from glaswerk.town.truth.places import Place
from glaswerk.town.truth.world import World


@dataclass(frozen=True)
class Account:
    """One X account. `side` is the party it argues for, `about` the person or place behind it."""

    id: str
    handle: str
    name: str
    kind: str
    voice: Voice
    bio: str
    side: str
    about: Person | Place | None = field(default=None, compare=False)


def _rows(world: World) -> list[tuple[str, str, str, str, Person | Place | None]]:
    """Rows of handle, display name, kind, text for the bio, and who is behind it."""
    size, names, clubs = world.size, world.names, world.texts.places.clubs
    rows: list[tuple[str, str, str, str, Person | Place | None]] = [
        (party.handle, party.name, "party", party.name, None) for party in (names.party_a, names.party_b)
    ]
    rows.append((names.gazette.handle, names.gazette.name, "gazette", names.river, None))
    rows.append((names.council.handle, names.council.name, "council", "", None))
    for number in range(size.clubs):
        club, suffix = clubs[number % len(clubs)], number // len(clubs)
        handle = club.handle[:13] + str(suffix + 1) if suffix else club.handle
        rows.append((handle, club.name, "club", club.name, None))
    # The smallest town has fewer shop accounts than places: the last account goes to one shop only.
    shops = world.places if size.outsiders > 1 else world.places[:1]
    rows += [(place.handle, place.name, "place", place.kind, place) for place in shops]
    rows += [(person.handle, person.name, "person", "", person) for person in world.people]
    return rows


def _outsider_rows(texts: AccountTexts, count: int) -> list[tuple[str, str, str]]:
    rows = []
    ends = ("", *texts.outsider_ends)
    for number in range(count):
        name, voice = texts.outsiders[number % len(texts.outsiders)]
        turn = number // len(texts.outsiders)
        end = ends[turn] if turn < len(ends) else str(turn)
        display = f"{name} {end}".strip()
        handle = slug(name).replace("-", "_")[:12].rstrip("_") + (f"_{turn}" if turn else "")
        rows.append((handle, display, voice))
    return rows


def _new_id(taken: set[str], rng: Random) -> str:
    while (number := str(rng.randrange(10**8, 10**9))) in taken:
        pass
    taken.add(number)
    return number


def build_accounts(world: World) -> list[Account]:
    """Every account with its voice and its side in politics.

    Raises:
        GlaswerkError: if two names of the texts give the same handle.
    """
    rng = dice(world.seed, "accounts")
    taken: set[str] = set()
    texts = world.texts
    residents = [voice for voice in texts.voices if not voice.visitor]
    accounts: list[Account] = []

    def add(
        handle: str, name: str, kind: str, voice: Voice, extra: str, about: Person | Place | None
    ) -> None:
        side = "ab"[len(accounts) % 2]
        bio = texts.accounts.bios[kind].format(
            town=world.names.town, extra=extra or rng.choice(texts.accounts.extras)
        )
        accounts.append(Account(_new_id(taken, rng), handle, name, kind, voice, bio, side, about))

    for handle, name, kind, extra, about in _rows(world):
        voice = texts.institution if kind in ("place", "club") else OFFICIAL
        if kind == "person":
            voice = rng.choice(residents)
        add(handle, name, kind, voice, extra, about)
    count = world.size.outsiders if world.size.outsiders > 1 else 0
    for handle, name, voice_id in _outsider_rows(texts.accounts, count):
        add(handle, name, "outsider", texts.voice(voice_id), "", None)
    _check_handles(accounts)
    return accounts


def _check_handles(accounts: list[Account]) -> None:
    """An archive is named after its handle, so a handle that is used twice would overwrite one."""
    taken: dict[str, str] = {}
    for account in accounts:
        other = taken.get(account.handle)
        if other is not None:
            raise GlaswerkError(
                f"expected names that give different handles of 15 characters, found {other!r} and "
                f"{account.name!r}, both {account.handle!r}",
                hint="rename one of the two in names.toml, places.toml or accounts.toml",
            )
        taken[account.handle] = account.name
