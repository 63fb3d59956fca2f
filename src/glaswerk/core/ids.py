"""Content ids. Every id names its algorithm, so that a change of algorithm is visible."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PREFIX = "b2:"
# 20 bytes: the chance of a collision among 10^12 documents is below 10^-24, and an id fits on one line.
DIGEST_BYTES = 20
_CHUNK = 1 << 20


def digest_bytes(data: bytes) -> str:
    """`b2:` + 40 hex digits of BLAKE2b-160 over `data`."""
    return PREFIX + hashlib.blake2b(data, digest_size=DIGEST_BYTES).hexdigest()


def digest_text(text: str) -> str:
    """Content id of the UTF-8 bytes of `text`; lone surrogates keep ids distinct."""
    return digest_bytes(text.encode("utf-8", "surrogatepass"))


def digest_json(value: Any) -> str:
    """Content id of a JSON value in canonical form: sorted keys, no spaces, UTF-8."""
    return digest_text(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False))


def digest_file(path: Path) -> str:
    """Content id of a file, read in pieces of 1 MiB. Raises OSError."""
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    with path.open("rb") as file:
        while piece := file.read(_CHUNK):
            state.update(piece)
    return PREFIX + state.hexdigest()


def digest_files(digests: Mapping[str, str]) -> str:
    """One id for a set of files: `digests` maps relative names to content ids."""
    return digest_json(dict(digests))


def short(identifier: str, length: int = 12) -> str:
    """`b2:0123…` cut to `length` hex digits, for display only; never stored."""
    return identifier.removeprefix(PREFIX)[:length]
