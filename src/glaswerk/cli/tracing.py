"""What `trace`, `count` and `search` share: the index, and the facts of a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glaswerk.core.next_commands import index_command, pack_command
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.trace import Match, Tracer


def open_tracer(lab: Lab, shards: str) -> Tracer:
    """The open index of these shards. Raises GlaswerkError with those there are if it is missing."""
    from glaswerk.trace import Tracer

    return Tracer.open(lab, index_of(lab, shards))


def index_of(lab: Lab, shards: str) -> Artifact:
    """The index of these shards, as an artifact. Raises GlaswerkError if it is missing."""
    return lab.need("trace", shards, hint=_index_hint(lab, shards))


def shards_to_index(lab: Lab, shards: str) -> Artifact:
    """These shards, as an artifact. Raises GlaswerkError with a command for those there are."""
    there = [made.name for made in lab.all("shards")]
    return lab.need("shards", shards, hint=index_command(there[-1]) if there else pack_command(shards))


def _index_hint(lab: Lab, shards: str) -> str:
    """What leads to an index: make it; or, if there are other shards, name or index those."""
    packed = [made.name for made in lab.all("shards")]
    indexed = [made.name for made in lab.all("trace")]
    if shards in packed or not (indexed or packed):
        return index_command(shards) if shards in packed else pack_command(shards)
    return f"the same with --shards {indexed[-1]}" if indexed else index_command(packed[-1])


def facts(match: Match) -> str:
    """Author, date, licence, address, part of the training data and duplicates of a match, on one line."""
    where = f"{match.split}, {match.side}" if match.side else match.split
    copies = f"{match.duplicates:,} duplicates left out" if match.duplicates else ""
    parts = (match.author, match.created_at[:10], match.licence, match.url, where, copies)
    return "  ".join(part for part in parts if part)
