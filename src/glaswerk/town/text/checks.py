"""Checks across text files: names that must be known or differ, lists long enough for a town's size."""

from __future__ import annotations

from collections.abc import Iterable

from glaswerk.core.errors import GlaswerkError
from glaswerk.town.grammar import slug
from glaswerk.town.text.records import Texts
from glaswerk.town.text.table import suggestion

# Full names to choose from for each person: strangers, who live nowhere in town, are drawn from the rest.
NAMES_PER_PERSON = 10


def check_texts(texts: Texts) -> None:
    """Refuse texts of which one file contradicts another.

    Raises:
        GlaswerkError: if a voice or month is unknown, or two names give the same id or none.
    """
    voices = [voice.id for voice in texts.voices]
    for name, voice in texts.accounts.outsiders:
        _known("accounts.toml", f"a voice of voices.toml for {name}", voice, voices)
    for story in texts.stories:
        _known("stories.toml", f"a voice of voices.toml for the story {story.id}", story.teller, voices)
    for event in texts.places.events:
        _known("places.toml", f"a month of values.toml for {event.name}", event.month, texts.values.months)
    _ids("places.toml", "places", [row[0] for row in texts.places.listed])
    _ids("places.toml", "events", [event.name for event in texts.places.events])
    _ids("accounts.toml", "outsiders", [row[0] for row in texts.accounts.outsiders])
    _ids("names.toml", "first names", texts.names.she + texts.names.he, once=False)
    _ids("names.toml", "surnames", texts.names.surnames)
    _unspoken(texts)


def check_size(texts: Texts, *, people: int, places: int, events: int, rumours: int) -> None:
    """Refuse texts with lists too short for a town of these counts.

    Raises:
        GlaswerkError: that names the list, its length and the length it must have.
    """
    names, shops = texts.names, texts.places
    surnames = len(names.surnames) + 2 * len(names.surname_heads) * len(names.surname_tails)
    first = min(len(names.she), len(names.he))
    _enough("names.toml", "surnames (or heads times tails)", surnames, people)
    _enough("names.toml", "full names", first * surnames, NAMES_PER_PERSON * people)
    _enough(
        "places.toml",
        "places (or heads times tails)",
        len(shops.listed) + len(shops.heads) * len(shops.tails),
        places,
    )
    _enough("places.toml", "events", len(shops.events), events)
    _enough("rumours.toml", "rumours", len(texts.rumours.listed), rumours)
    if not any(kind in shops.eateries for _, kind, _ in shops.listed[:places]):
        expected = ", ".join(shops.eateries)
        raise GlaswerkError(
            f"places.toml: expected an eatery ({expected}) among the first {places} places, found none",
            hint="move such a place to the top of the list `places`",
        )


def _enough(file: str, what: str, found: int, needed: int) -> None:
    if found < needed:
        raise GlaswerkError(
            f"{file}: expected at least {needed:,} {what} for a town of this size, found {found:,}",
            hint="add entries to the list, or choose a smaller --size",
        )


def _known(file: str, what: str, found: str, known: Iterable[str]) -> None:
    listed = list(known)
    if found not in listed:
        raise GlaswerkError(
            f"{file}: expected {what} ({', '.join(listed)}), found {found!r}{suggestion(found, listed)}",
            hint=f"correct the name, or put a {file} that fits into the folder",
        )


def _ids(file: str, what: str, names: Iterable[str], *, once: bool = True) -> None:
    """Ids and handles are made from names: lower-case letters a to z and digits, accents removed."""
    taken: dict[str, str] = {}
    for name in names:
        made = slug(name)
        if not made:
            raise GlaswerkError(
                f"{file}: expected {what} with letters a to z, which ids and handles are made from, "
                f"found {name!r}",
                hint="write the name in Latin letters",
            )
        if once and made in taken:
            raise GlaswerkError(
                f"{file}: expected {what} that differ in letters and digits, "
                f"found {taken[made]!r} and {name!r}",
                hint="rename one of the two",
            )
        taken[made] = name


def _unspoken(texts: Texts) -> None:
    """The reserved pairs of an issue measure a stance, so no account may post them."""
    spoken = {text for issue in texts.issues for pair in issue.spoken_wants for text in pair}
    for issue in texts.issues:
        for pair in issue.wants[len(issue.spoken_wants) :]:
            for text in pair:
                if text in spoken:
                    raise GlaswerkError(
                        f"issues.toml: expected the last two pairs of {issue.id} nowhere else, "
                        f"found {text!r} twice",
                        hint="word the pair differently",
                    )
