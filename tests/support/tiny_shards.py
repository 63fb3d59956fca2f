"""Shards and streams written by hand: a few documents of a few tokens, each followed by the end token 0."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.tokenizer import Shards
from glaswerk.train.batches.stream import Stream

Documents = Mapping[str, Sequence[int]]


def write_shards(folder: Path, splits: Mapping[str, Documents], *, vocab_size: int = 999) -> Shards:
    """Shards with these splits: document id → tokens. Chat splits have loss on every token."""
    folder.mkdir(parents=True, exist_ok=True)
    layout = {"dtype": "<u2", "vocab_size": vocab_size, "end_id": 0, "splits": {}}
    for split, documents in splits.items():
        lengths = [len(ids) for ids in documents.values()]
        starts = np.cumsum([0, *(length + 1 for length in lengths)])[:-1]
        tokens = np.array([t for ids in documents.values() for t in (*ids, 0)], "<u2")
        tokens.tofile(folder / f"{split}.bin")
        if split.startswith("chat"):
            (tokens != 0).astype(np.uint8).tofile(folder / f"{split}.mask.bin")
        table = {"document": list(documents), "start": starts, "end": starts + lengths}
        pq.write_table(pa.table(table), folder / f"{split}.spans.parquet")
        layout["splits"][split] = {"documents": len(documents)}  # type: ignore[index]
    (folder / "shards.json").write_text(json.dumps(layout))
    return Shards.open(folder)


def stream_of(documents: Documents, *, split: str = "train") -> Stream:
    """A stream in memory."""
    lengths = np.array([len(ids) for ids in documents.values()], np.int64)
    starts = np.cumsum(np.r_[0, lengths + 1])[:-1]
    tokens = np.array([t for ids in documents.values() for t in (*ids, 0)], np.uint16)
    return Stream(split, list(documents), tokens, starts, starts + lengths, 0)


def documents_of(lengths: Sequence[int], *, seed: int = 0, prefix: str = "d") -> dict[str, list[int]]:
    """Documents `d0`, `d1`, … of these lengths, of random tokens from 1 to 98."""
    chance = np.random.default_rng(seed)
    return {f"{prefix}{i}": chance.integers(1, 99, n).tolist() for i, n in enumerate(lengths)}
