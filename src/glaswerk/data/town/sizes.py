"""How big the town is, by name."""

from __future__ import annotations

from dataclasses import dataclass

from glaswerk.core.errors import GlaswerkError


@dataclass(frozen=True)
class TownSize:
    """Counts that everything else follows from."""

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


SIZES = {
    "tiny": TownSize(24, 4, 4, 1, 1, 6, 10, 90, 80, 6, 12, 12),
    "demo": TownSize(108, 24, 14, 10, 54, 16, 14, 1400, 1900, 90, 104, 200),
    "large": TownSize(1080, 240, 24, 40, 640, 16, 14, 14000, 19000, 900, 104, 2000),
}


def town_size(name: str) -> TownSize:
    """The size called `name`.

    Raises:
        GlaswerkError: if there is no such size.
    """
    if name not in SIZES:
        expected = ", ".join(SIZES)
        raise GlaswerkError(
            f"expected a town size ({expected}), found {name!r}", hint='write_town(out, size="demo")'
        )
    return SIZES[name]
