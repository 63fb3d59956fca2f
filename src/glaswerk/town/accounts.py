"""The accounts that post: people, shops, clubs, the two parties, the gazette, the council and others."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from glaswerk.town import names
from glaswerk.town.dice import dice
from glaswerk.town.grammar import slug
from glaswerk.town.people import Person
from glaswerk.town.places import Place
from glaswerk.town.voices import INSTITUTION, OFFICIAL, RESIDENT_VOICES, VOICES, Voice
from glaswerk.town.world import World

_OUTSIDERS = (
    ("Weir Watcher", "poet"),
    ("Goal Line Gary", "fan"),
    ("Two Flat Tyres", "teen"),
    ("Lady of the Lock", "pensioner"),
    ("Perch and Quiet", "fisher"),
    ("Scone Ranger", "tourist"),
    ("Heron Today", "birder"),
    ("Ward Nine Nights", "nurse"),
    ("Bins of Shame", "grump"),
    ("Sunny Side Up", "enthusiast"),
    ("Minutes Taken", "clerk"),
    ("Next Door Nosy", "neighbour"),
)
_OUTSIDER_ENDS = ("", "Again", "Junior", "Official", "Two", "Returns", "Daily", "Senior")


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


_BIOS = {
    "person": "{town}. Opinions my own. {extra}",
    "place": "Your {extra} in {town}.",
    "club": "{extra} since forever. New members welcome.",
    "outsider": "Seen and heard in {town}. {extra}",
    "party": "The {extra}. For {town}.",
    "gazette": "All the news that floats down the {extra}.",
    "council": "{town} Town Council. Not monitored at night. {extra}",
}
_EXTRAS = (
    "Tea drinker.",
    "Mostly rain.",
    "Be nice.",
    "River person.",
    "Owl hours.",
    "Keeps bees in mind.",
    "Hm.",
)


def _rows(world: World) -> list[tuple[str, str, str, str, Person | Place | None]]:
    """Rows of handle, display name, kind, text for the bio, and who is behind it."""
    size = world.size
    rows: list[tuple[str, str, str, str, Person | Place | None]] = [
        (names.PARTY_HANDLES[side], names.PARTIES[side], "party", names.PARTIES[side], None) for side in "ab"
    ]
    rows.append(("ostle_gazette", names.GAZETTE, "gazette", names.RIVER, None))
    rows.append(("ostle_council", f"{names.TOWN} Council", "council", "", None))
    for number in range(size.clubs):
        club, handle = names.CLUBS[number % len(names.CLUBS)]
        suffix = number // len(names.CLUBS)
        rows.append((handle[:13] + (str(suffix + 1) if suffix else handle[13:15]), club, "club", club, None))
    # The smallest town has fewer shop accounts than places: the last account goes to one shop only.
    shops = world.places if size.outsiders > 1 else world.places[:1]
    rows += [(place.handle, place.name, "place", place.kind, place) for place in shops]
    rows += [(person.handle, person.name, "person", "", person) for person in world.people]
    return rows


def _outsider_rows(count: int) -> list[tuple[str, str, str]]:
    rows = []
    for number in range(count):
        name, voice = _OUTSIDERS[number % len(_OUTSIDERS)]
        turn = number // len(_OUTSIDERS)
        end = _OUTSIDER_ENDS[turn] if turn < len(_OUTSIDER_ENDS) else str(turn)
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
    """Every account, each with its voice and, for people and outsiders, a side in politics."""
    rng = dice(world.seed, "accounts")
    taken: set[str] = set()
    voices = {voice.id: voice for voice in VOICES}
    accounts: list[Account] = []

    def add(
        handle: str, name: str, kind: str, voice: Voice, extra: str, about: Person | Place | None
    ) -> None:
        side = "ab"[len(accounts) % 2]
        bio = _BIOS[kind].format(town=names.TOWN, extra=extra or rng.choice(_EXTRAS))
        accounts.append(Account(_new_id(taken, rng), handle, name, kind, voice, bio, side, about))

    for handle, name, kind, extra, about in _rows(world):
        voice = INSTITUTION if kind in ("place", "club") else OFFICIAL
        if kind == "person":
            voice = rng.choice(RESIDENT_VOICES)
        add(handle, name, kind, voice, extra, about)
    count = world.size.outsiders if world.size.outsiders > 1 else 0
    for handle, name, voice_id in _outsider_rows(count):
        add(handle, name, "outsider", voices[voice_id], "", None)
    return accounts
