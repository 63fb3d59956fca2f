"""Bits per byte on validation documents."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.document import Document
from glaswerk.core.progress import track
from glaswerk.core.statistics import LEAST, Estimate, ratio, unmeasurable
from glaswerk.data.store.corpus import read_documents
from glaswerk.evaluate.measured import Measured
from glaswerk.infer import Engine


def measure_bits(engine: Engine, corpus: Path, *, limit: int | None, seed: int) -> Measured:
    """Bits per UTF-8 byte of text, over all validation documents and per kind.

    Every document is scored separately from its start. Unlike the loss per token, the figure is comparable
    between tokenizers; guessing bytes uniformly needs 8. The interval resamples documents.
    """
    found = [document for document in read_documents(corpus, "validation") if document.text]
    documents = _sample(found, limit, seed)
    if len(documents) < LEAST:
        reason = f"an interval needs {LEAST} validation documents, the corpus holds {len(documents)}"
        return Measured(unmeasurable(reason))
    bits = document_bits(engine, [document.text for document in documents])
    items = [_item(document, used) for document, used in zip(documents, bits, strict=True)]
    kinds = sorted({item["kind"] for item in items})
    figures = {
        "measurable": True,
        "all": _per_byte(items, seed).to_json(),
        "kinds": {kind: _per_byte([i for i in items if i["kind"] == kind], seed).to_json() for kind in kinds},
    }
    return Measured(figures, items)


def document_bits(engine: Engine, texts: Sequence[str]) -> list[float]:
    """Bits for each text after the end of another document; long texts are scored with a sliding window."""
    bits = [0.0] * len(texts)
    tokens = [engine.tokenizer.encode(text) for text in texts]
    short = [i for i, ids in enumerate(tokens) if len(ids) <= engine.context]
    for i, score in zip(short, engine.log_likelihoods([("", texts[i]) for i in short]), strict=True):
        bits[i] = -score.log_probability / math.log(2)
    for i in track(sorted(set(range(len(texts))) - set(short)), "long validation documents"):
        stream = np.array([engine.tokenizer.start_id, *tokens[i]])
        bits[i] = float(-np.nansum(engine.token_log_probabilities(stream)[1:]) / math.log(2))
    return bits


def _sample(documents: list[Document], limit: int | None, seed: int) -> list[Document]:
    if limit is None or limit >= len(documents):
        return documents
    return random.Random(seed).sample(documents, limit)


def _item(document: Document, bits: float) -> dict[str, Any]:
    size = len(document.text.encode("utf-8", "replace"))
    return {
        "measure": "bits",
        "id": document.id,
        "kind": document.kind,
        "source": document.source,
        "bytes": size,
        "bits": bits,
        "bits_per_byte": bits / size,
    }


def _per_byte(items: Sequence[dict[str, Any]], seed: int) -> Estimate:
    ids = [item["id"] for item in items]
    return ratio([i["bits"] for i in items], [i["bytes"] for i in items], ids, seed=seed, chance=8.0)
