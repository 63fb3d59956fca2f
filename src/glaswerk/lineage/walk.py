"""The one walk over lineage: from an artifact to everything it was made from, or everything made from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain


def reachable(start: str, next_to: Callable[[str], Iterable[str]], depth: int | None = None) -> set[str]:
    """`start` and the ids within `depth` steps of it (None: any number). `next_to` gives one step.

    An id that is reached twice is expanded once, so that a circle in a damaged ledger ends the walk.
    """
    found, edge, steps = {start}, {start}, 0
    while edge and (depth is None or steps < depth):
        edge = set(chain.from_iterable(next_to(identifier) for identifier in edge)) - found
        found |= edge
        steps += 1
    return found


def base_id(inputs: Mapping[str, str]) -> str:
    """The id of the model that a model with these inputs was tuned from; empty for a pretrained one."""
    return inputs.get("base", "")


def base_chain(model: str, inputs_of: Callable[[str], Mapping[str, str]]) -> Iterator[str]:
    """The ids of a model and of its bases, newest first: each was tuned from the next one.

    `inputs_of` gives the inputs of a model, role to id, and nothing for an unknown one, which ends the chain.
    """
    found = set[str]()
    while model and model not in found:
        found.add(model)
        yield model
        model = base_id(inputs_of(model))
