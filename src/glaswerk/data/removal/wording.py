"""What a deletion reaches, in words and as figures: one wording for every command that reports it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from glaswerk.data.removal.reach import Reach

# Ids named on a line before the rest is cut.
_NAMED = 5


def reach_figures(reach: Reach) -> dict[str, Any]:
    """The documents that a deletion reaches, as JSON values.

    `documents` and `related` count by source and by relation; `ids`, `copies` and `derived` list ids.
    """
    return {
        "documents": dict(sorted(Counter(row["source"] for row in reach.documents).items())),
        "ids": sorted(row["id"] for row in reach.documents),
        "copies": reach.copies,
        "held_back": sorted({copy for copy, _ in reach.held_back}),
        "related": dict(sorted(Counter(relation for _, relation in reach.related).items())),
        "derived": reach.derived,
    }


def reach_lines(reach: Reach) -> Iterator[str]:
    """Four lines of text, or five: the documents named, copies of them, documents that point to them, and
    documents derived from them. Each line begins with a label padded to eleven characters."""
    found = reach_figures(reach)
    by = ", ".join(f"{source} {count:,}" for source, count in found["documents"].items())
    yield f"documents  {len(reach.documents):,}" + (f"  ({by})" if by else "")
    yield f"copies     {len(reach.copies):,} with the same words by others" + _named(reach.copies)
    if held := found["held_back"]:
        yield (
            f"stay out   {len(held):,} of these copies, left out before as duplicates{_named(held)}; "
            "--copies keep trains on them, --copies forget marks them as well"
        )
    related = ", ".join(f"{count:,} {relation}" for relation, count in found["related"].items())
    yield f"related    {related or 'nothing'} by others (retweets go with it, the rest is theirs)"
    yield f"derived    {len(reach.derived):,} made from it, which go with it" + _named(reach.derived)


def _named(ids: Sequence[str]) -> str:
    """The first few ids, to end a line with; empty if there are none."""
    return f": {', '.join(ids[:_NAMED])}{' …' if len(ids) > _NAMED else ''}" if ids else ""
