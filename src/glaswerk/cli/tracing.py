"""What `trace`, `count` and `search` share: the index, and the facts of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.trace import Match, Tracer


def open_tracer(lab: Lab, shards: str) -> Tracer:
    """The open index of these shards. Raises GlaswerkError with those there are if it is missing."""
    from glaswerk.trace import Tracer

    return Tracer.open(lab, index_of(lab, shards))


def index_of(lab: Lab, shards: str) -> Artifact:
    """The index of these shards, as an artifact. Raises GlaswerkError if it is missing."""
    hint = "glaswerk index" if shards == "main.main" else f"glaswerk index --shards {shards}"
    return lab.need("trace", shards, hint=hint)


def facts(match: Match) -> str:
    """Author, date, licence, address, part of the training data and duplicates of a match, on one line."""
    where = f"{match.split}, {match.side}" if match.side else match.split
    copies = f"{match.duplicates:,} duplicates left out" if match.duplicates else ""
    parts = (match.author, match.created_at[:10], match.licence, match.url, where, copies)
    return "  ".join(part for part in parts if part)
