"""Which copies that left the lab learnt given documents."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from typing import Any

from glaswerk.lab import Lab
from glaswerk.lineage.departures import departed_models, departures
from glaswerk.rerun.exposure import learnt


def departed_with(lab: Lab, documents: Collection[str]) -> list[dict[str, Any]]:
    """The copies of models trained on `documents` that left the lab, as JSON, the oldest first.

    Copies of which that is unknown, as their spans are lost, are among them (`certain` is False).
    """
    found = {model.id: learnt(lab, model, documents) for model in departed_models(lab)} if documents else {}
    return [
        {
            **asdict(one),
            "documents": found[one.model].documents,
            "tokens": found[one.model].tokens,
            "certain": found[one.model].certain,
        }
        for one in departures(lab)
        if one.model in found and (found[one.model].documents or not found[one.model].certain)
    ]


def departure_lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    """`departed_with` as lines of text."""
    for row in rows:
        perhaps = "" if row["certain"] else " or more"
        yield (
            f"left       copies left this lab on {row['at'][:10]}: {row['way']} of {row['name']} to "
            f"{row['place']!r}, trained on {row['documents']:,} documents of it{perhaps}"
        )
