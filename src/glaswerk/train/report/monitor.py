"""The monitor of a run: validates, samples, measures extra figures, and keeps the run's report."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transformers import PreTrainedModel

from glaswerk.core.artifact_files import REPORT_PAGE
from glaswerk.core.files import write_json
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards, Tokenizer
from glaswerk.train.batches.batches import Sampler
from glaswerk.train.batches.repetition import RUN, TRAINED, repetition
from glaswerk.train.batches.sources import Mixture, sources_of
from glaswerk.train.checkpoint.metrics import read_rows
from glaswerk.train.report.figures import RunReport
from glaswerk.train.report.samples import Samples
from glaswerk.train.report.validation import SPLIT, Validation, validation_tokens

# (model, its tokenizer) → {name: {"value", "low", "high", "chance"}}: shares that the report plots.
Extra = Callable[[PreTrainedModel, Tokenizer], Mapping[str, Mapping[str, float]]]
_PREDICTION = "prediction.json"


@dataclass(frozen=True, slots=True)
class MonitoredRun:
    """A run of `steps` steps and `tokens` tokens in `folder`, on rows of `context` tokens."""

    name: str
    folder: Path
    steps: int
    tokens: int
    context: int


class RunMonitor:
    """The loop calls `validate` at a validation and `refresh` after it; the stage calls `finish` at the end.

    All ranks validate, and one rank `writes` the report.
    """

    def __init__(
        self,
        lab: Lab,
        packed: Artifact,
        tokenizer: Tokenizer,
        sampler: Sampler,
        watched: MonitoredRun,
        predict: Callable[[], Mapping[str, Any]],
        *,
        lost: float = 0.0,
        extra: Extra | None = None,
        writes: bool = True,
    ) -> None:
        self._report: RunReport | None = None
        shards = Shards.open(packed.path)
        held_out = sources_of(lab, packed, SPLIT) if SPLIT in shards.splits() else None
        self._tokenizer, self._extra, self._path = tokenizer, extra, watched.folder / REPORT_PAGE
        self._validation = Validation(
            shards, tokenizer, watched.context, held_out, tokens=validation_tokens(watched.tokens)
        )
        self._samples = Samples(shards, tokenizer)
        if not writes:
            return
        found = repetition(shards)
        mixture = Mixture(sources_of(lab, packed, TRAINED))
        identifiers, starts, ends = shards.spans(TRAINED)
        data = {
            "documents": len(identifiers),
            "tokens_per_epoch": int((ends - starts + 1).sum()),
            "duplicate_share": found.duplicates,
            "shared_runs": found.runs,
            "run_length": RUN,
            "lost_share": lost,
        }
        head = {
            "name": watched.name,
            "steps": watched.steps,
            "data": data,
            "prediction": kept(watched.folder / _PREDICTION, predict),
        }
        self._report = RunReport(watched.folder, head, sampler, mixture)

    def validate(self, model: PreTrainedModel) -> dict[str, Any]:
        """What goes into the step's row of the metrics; {} if nothing is held out."""
        found = self._validation(model)
        if found:
            found["samples"] = self._samples(model)
            found["extra"] = dict(self._extra(model, self._tokenizer)) if self._extra else {}
        return found

    def refresh(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the report of the steps in `rows`, if this rank writes."""
        if self._report:
            self._report.refresh(rows)

    def finish(self, result: Mapping[str, Any]) -> Path:
        """Write the report of the finished run, with prediction and result; returns the path of the page."""
        assert self._report, "only the rank that writes finishes"
        rows = read_rows(self._path.parent)
        self._report.refresh(rows, {**result, "peak_megabytes": peak_megabytes()})
        return self._path


def kept(path: Path, make: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """The JSON at `path`; made and written there if it is missing.

    A prediction is made before the first step: a resumed run must keep it.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, make())
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def peak_megabytes() -> float:
    """The peak memory of this process in MB, torch and all libraries included."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
