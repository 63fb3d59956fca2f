"""Building a trace: the suffix order of every training split, beside the shards it points into."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import track
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.lab.artifact import ArtifactKind
from glaswerk.tokenizer import Shards
from glaswerk.trace.index import Integers, first_token_bounds, suffix_order

# Validation splits are not trained on, so a match in them would be no match in training data.
TRAINED = ("train", "chat")
_LAST = np.iinfo(np.int64).max


def build(lab: Lab, shards: Artifact) -> Artifact:
    """The trace of `shards`: per trained split a suffix order over its tokens, which stay where they are.

    Per split three immutable arrays: `<split>.order.npy` (int32 or int64 positions), `<split>.bounds.npy`
    (int64, where each first token starts) and `<split>.age.npy` (int64, rank of each document by date).
    Raises GlaswerkError where the corpus of the shards is gone.
    """
    corpus = parent(lab, shards, "corpus", hint="glaswerk pack")
    spec = Spec("trace", shards.name, "trace/1", {"shards": shards.id})
    return lab.make(spec, lambda folder: _write(folder, Shards.open(shards.path), corpus.path))


def parent(lab: Lab, artifact: Artifact, kind: ArtifactKind, *, hint: str) -> Artifact:
    """The artifact that `artifact` was made from; an error where it is gone or was made anew since."""
    wanted = artifact.inputs.get(kind)
    found = next((a for a in lab.all(kind) if a.id == wanted), None)
    if found is None:
        raise GlaswerkError(
            f"the {artifact.kind} {artifact.name!r} is stale: it was made from the {kind} {wanted}, "
            "which the lab no longer holds",
            hint=hint,
        )
    return found


def trained_splits(shards: Shards) -> list[str]:
    """The splits that a trace covers, in the order in which documents are shown."""
    return [split for split in TRAINED if split in shards.splits()]


def _write(folder: Path, shards: Shards, corpus: Path) -> Mapping[str, Any]:
    dates = _dates(corpus)
    counts = {}
    for split in track(trained_splits(shards), "suffix order"):
        tokens = np.asarray(shards.tokens(split))
        np.save(folder / f"{split}.order.npy", suffix_order(tokens))
        np.save(folder / f"{split}.bounds.npy", first_token_bounds(tokens, shards.vocab_size))
        np.save(folder / f"{split}.age.npy", _ages(shards.spans(split)[0], dates))
        counts[split] = len(tokens)
    return {"tokens": counts}


def _dates(corpus: Path) -> dict[str, int]:
    """Creation times in microseconds by document id; a document without one comes last."""
    rows = pq.read_table(corpus / "documents.parquet", columns=["id", "created_at"]).to_pylist()
    return {
        row["id"]: _LAST if row["created_at"] is None else int(row["created_at"].timestamp() * 1e6)
        for row in rows
    }


def _ages(ids: list[str], dates: Mapping[str, int]) -> Integers:
    """For each document its rank by (date, id), so that the choice of documents never varies."""
    order = sorted(range(len(ids)), key=lambda i: (dates.get(ids[i], _LAST), ids[i]))
    ages = np.empty(len(ids), np.int64)
    ages[order] = np.arange(len(ids))
    return ages
