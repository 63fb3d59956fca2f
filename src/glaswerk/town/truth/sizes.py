"""The sizes a town can have, by name."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError


@dataclass(frozen=True)
class TownSize:
    """How much of everything a town has; `weeks` counts issues of the gazette."""

    people: int
    places: int
    events: int
    clubs: int
    outsiders: int
    rumours: int
    posts_per_fact: int
    politics: int
    chatter: int
    threads: int
    weeks: int
    pictures: int
    images: int


SIZES = {
    "tiny": TownSize(24, 4, 4, 1, 1, 6, 10, 90, 80, 6, 12, 12, 40),
    "demo": TownSize(72, 16, 12, 10, 104, 16, 14, 950, 1250, 60, 104, 200, 3000),
    "large": TownSize(720, 160, 24, 40, 1040, 16, 14, 9500, 12500, 600, 104, 2000, 6000),
}


def town_size(name: str) -> TownSize:
    """The size called `name`.

    Raises:
        GlaswerkError: if there is no such size.
    """
    if name not in SIZES:
        expected = ", ".join(SIZES)
        raise GlaswerkError(
            f"expected a town size ({expected}), found {name!r}", hint="glaswerk town FOLDER --size demo"
        )
    return SIZES[name]
