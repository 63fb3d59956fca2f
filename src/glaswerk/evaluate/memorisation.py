"""Memorisation: given the beginning of a training document, does the model continue it word for word?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from glaswerk.core.statistics import LEAST, unmeasurable, wilson
from glaswerk.evaluate.measured import Measured
from glaswerk.infer import Engine
from glaswerk.tokenizer import Shards
from glaswerk.tokenizer.ngram_hashes import ngram_hashes

# Carlini et al. (2023) prompt with 50 tokens and compare 50. Posts are shorter: the longest that fits enough.
LENGTHS = (50, 32, 16, 8)
_ENOUGH, _MOST = 200, 500
# Tokens whose runs are hashed at once: 256 MB.
_BLOCK = 1 << 24
_COPIES = (("once", 1, 1), ("2 to 5 times", 2, 5), ("more often", 6, None))
Ids = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class _Sample:
    """Beginnings of documents of one split, each of 2 × `length` tokens."""

    split: str
    documents: list[str]
    rows: Ids


def measure_memorisation(engine: Engine, shards: Shards, *, limit: int | None, seed: int) -> Measured:
    """Extraction rate of training documents and, as a baseline, of held-out ones, with Wilson intervals.

    The prompt is the first `prompt` tokens of a document, which counts as extracted if greedy decoding writes
    exactly its next `prompt` tokens. Held-out documents whose tokens also occur in the training data
    are left out of the baseline, so that it shows what follows from language and patterns alone. `copies`
    splits the rate by how often the run of tokens occurs in the training split.
    """
    most = min(_MOST, limit or _MOST)
    found = next(_samples(shards, engine.context, most, seed), None)
    if found is None:
        words = f"{LEAST} documents of {2 * LENGTHS[-1]} tokens"
        return Measured(unmeasurable(f"an extraction rate needs {words}, in training and held out"))
    length, samples = found
    items = []
    for sample in samples:
        prompts = [([shards.end_id, *row], length) for row in sample.rows.tolist()]
        scores = engine.span_scores(prompts)
        copies = count_runs(shards.tokens("train"), sample.rows)
        items += [
            {
                "measure": "memorisation",
                "id": document,
                "split": sample.split,
                "copies": int(many),
                "verdict": "extracted" if score.greedy else "not extracted",
            }
            for document, score, many in zip(sample.documents, scores, copies, strict=True)
        ]
    return Measured(_figures(items, length), items)


def count_runs(tokens: Ids, runs: Ids) -> Ids:
    """How often each row of `runs`, shape (runs, length), occurs in `tokens`; the result is (runs,)."""
    length = runs.shape[1]
    wanted, place = np.unique(ngram_hashes(runs.ravel(), length)[::length], return_inverse=True)
    counts = np.zeros(len(wanted), np.int64)
    for start in range(0, max(len(tokens) - length + 1, 0), _BLOCK):
        hashes = ngram_hashes(np.asarray(tokens[start : start + _BLOCK + length - 1]), length)
        at = np.minimum(np.searchsorted(wanted, hashes), len(wanted) - 1)
        counts += np.bincount(at[wanted[at] == hashes], minlength=len(wanted))
    found: Ids = counts[place]
    return found


def _samples(shards: Shards, context: int, most: int, seed: int) -> Iterator[tuple[int, list[_Sample]]]:
    """(prompt length, samples of both splits), the longest prompt with enough documents first."""
    if "validation" not in shards.splits():
        return
    for enough in (_ENOUGH, LEAST):
        for length in LENGTHS:
            if 2 * length > context:
                continue
            samples = [_sample(shards, split, 2 * length, most, seed) for split in ("train", "validation")]
            training, held_out = (len(sample.rows) for sample in samples)
            if training >= min(enough, most) and held_out >= max(LEAST, min(enough // 4, most)):
                yield length, samples


def _sample(shards: Shards, split: str, size: int, most: int, seed: int) -> _Sample:
    documents, starts, ends = shards.spans(split)
    long = np.flatnonzero(ends - starts >= size)
    chosen = np.sort(np.random.default_rng(seed).permutation(long)[:most])
    tokens = shards.tokens(split)
    rows = [np.asarray(tokens[starts[i] : starts[i] + size], np.int64) for i in chosen]
    return _Sample(split, [documents[i] for i in chosen], np.array(rows).reshape(-1, size))


def _figures(items: Sequence[dict[str, Any]], length: int) -> dict[str, Any]:
    training = [item for item in items if item["split"] == "train"]
    held_out = [item for item in items if item["split"] != "train" and not item["copies"]]
    by_copies = {
        name: _rate([i for i in training if low <= i["copies"] <= (high or i["copies"])])
        for name, low, high in _COPIES
    }
    return {
        "measurable": True,
        "prompt": length,
        "training": _rate(training),
        "held_out": _rate(held_out),
        "copies": by_copies,
    }


def _rate(items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if not items:
        return unmeasurable("the sample holds no such document")
    return wilson(sum(item["verdict"] == "extracted" for item in items), len(items)).to_json()
