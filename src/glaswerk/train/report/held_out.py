"""Bits per byte on one's own and on general held-out text, before and after a run: gain and forgetting."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from transformers import PreTrainedModel

from glaswerk.core.files import write_json
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.train.batches.sources import sources_of
from glaswerk.train.report.validation import SPLIT, Validation

OWN, GENERAL = "own", "general"
_FILE = "before.json"


class HeldOut:
    """Held-out documents of one's own sources and of the general ones, about `tokens` tokens of each.

    The same pieces are measured before and after, so that a change is a paired difference: its interval is
    narrower than those of the two figures.
    """

    def __init__(
        self,
        lab: Lab,
        packed: Artifact,
        tokenizer: Tokenizer,
        length: int,
        general: Collection[str],
        *,
        tokens: int,
    ) -> None:
        shards = Shards.open(packed.path)
        self._parts: dict[str, Validation] = {}
        if SPLIT not in shards.splits():
            return
        sources = sources_of(lab, packed, SPLIT)
        names = {OWN: set(sources.names) - set(general), GENERAL: set(sources.names) & set(general)}
        for part, only in names.items():
            measure = Validation(shards, tokenizer, length, sources, tokens=tokens, only=only)
            if measure.measurable:
                self._parts[part] = measure

    def look(self, model: PreTrainedModel) -> dict[str, Any]:
        """What a validation during the run measures: one's own held-out text; {} if there is none."""
        return self._parts[OWN](model) if OWN in self._parts else {}

    def before(self, model: PreTrainedModel, folder: Path) -> dict[str, list[float]]:
        """Bits of every piece before the first step; a resumed run has them from `folder`."""
        path = folder / _FILE
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            write_json(path, self._bits(model))
        found: dict[str, list[float]] = json.loads(path.read_text())
        return found

    def compared(self, model: PreTrainedModel, before: Mapping[str, list[float]]) -> dict[str, Any]:
        """{"own": {"before", "after", "change"}, "general": …}, each a figure with its interval.

        What has no held-out document is left out.
        """
        found = {}
        for part, after in self._bits(model).items():
            first = np.array(before[part])
            found[part] = self._parts[part].compared(first, np.array(after))
        return found

    def _bits(self, model: PreTrainedModel) -> dict[str, list[float]]:
        was = model.training
        model.eval()
        found = {part: measure.bits(model).tolist() for part, measure in self._parts.items()}
        model.train(was)
        return found
