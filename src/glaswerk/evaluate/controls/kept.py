"""What was measured of a plant, kept in the lab: a run that is cut short does not train its plants again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.files import write_json
from glaswerk.core.ids import digest_json

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class ModelTables:
    """Tables (topics, frames) of one model: on held-out pairs, on planted pairs (familiarity), and on pairs
    without politics; `training`: how its plant went, empty for the parent."""

    held: Mapping[str, Floats]
    planted: Floats
    plain: Mapping[str, Floats]
    training: Mapping[str, float] = field(default_factory=dict)


class KeptTables:
    """The tables of one plant, in a file whose name is the digest of all that determines them."""

    def __init__(self, folder: Path, known: Any) -> None:
        self._path = folder / f"{digest_json(known).removeprefix('b2:')}.json"

    def read(self) -> ModelTables | None:
        """The tables, None if they are not there or cannot be read."""
        try:
            found = json.loads(self._path.read_text())
            held, plain = ({k: np.array(v) for k, v in found[name].items()} for name in ("held", "plain"))
            return ModelTables(held, np.array(found["planted"]), plain, found["training"])
        except (OSError, ValueError, LookupError, AttributeError, TypeError):
            return None

    def write(self, tables: ModelTables) -> ModelTables:
        """Keep the tables and return them."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        parts = {"held": tables.held, "plain": tables.plain}
        lists = {name: {k: v.tolist() for k, v in part.items()} for name, part in parts.items()}
        write_json(
            self._path, {**lists, "planted": tables.planted.tolist(), "training": dict(tables.training)}
        )
        return tables
