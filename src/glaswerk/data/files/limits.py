"""TODO src/glaswerk/data/files/limits.py."""

from __future__ import annotations

from pathlib import Path

from glaswerk.core.errors import GlaswerkError

# What one archive may unpack to over all members read (media are never read, so they do not count).
TOTAL_LIMIT = 20 * 10**9


# JSON of posts shrinks about 15:1; 200:1 is a bomb. Small members may shrink as they like.
RATIO_LIMIT = 200


RATIO_FREE_BYTES = 100 * 10**6


def not_regular(path: Path) -> GlaswerkError:
    """The error for a named pipe, socket or device, which may have no end or never begin."""
    return GlaswerkError(
        f"expected a regular file, found {path}, a pipe, socket or device",
        hint="write its content to a file and add that",
    )
