"""The training and scoring data of all contestants, written once from a lab's shards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from bench.peers.held_out import IGNORED, Ids
from glaswerk.tokenizer import Shards, Tokenizer

# No document is more than this share of the bytes scored: one book would be the whole test.
_LARGEST = 0.1


def write_data(shards: Shards, tokenizer: Tokenizer, folder: Path, *, context: int, scored: int) -> None:
    """Training documents in a random order, and `scored` tokens of held-out ones in windows of `context`."""
    chance = np.random.default_rng(0)
    tokens, starts, ends = shards.tokens("train"), *shards.spans("train")[1:]
    order = chance.permutation(len(starts))
    parts = [np.append(tokens[starts[i] : ends[i]], np.uint16(shards.end_id)) for i in order]
    stops = np.cumsum([len(part) for part in parts])
    np.save(folder / "tokens.npy", np.concatenate(parts))
    np.save(folder / "starts.npy", stops - [len(part) for part in parts])
    np.save(folder / "ends.npy", stops - 1)
    documents = _held_out(shards, chance, scored)
    windows = [window for ids in documents for window in _windows(ids, shards.end_id, context)]
    np.save(folder / "held-inputs.npy", np.stack([inputs for inputs, _ in windows]))
    np.save(folder / "held-labels.npy", np.stack([labels for _, labels in windows]))
    size = sum(len(tokenizer.decode_bytes(ids.tolist())) for ids in documents)
    facts = {
        "end_id": shards.end_id,
        "bytes": size,
        "held_out_tokens": sum(map(len, documents)),
        "held_out_documents": len(documents),
        "tokens": int(stops[-1]),
        "documents": len(order),
    }
    (folder / "data.json").write_text(json.dumps(facts))


def _held_out(shards: Shards, chance: np.random.Generator, scored: int) -> list[Ids]:
    tokens, starts, ends = shards.tokens("validation"), *shards.spans("validation")[1:]
    found, room = [], scored
    for i in chance.permutation(len(starts)):
        size = int(ends[i] - starts[i])
        if 0 < size <= min(room, _LARGEST * scored):
            found.append(np.asarray(tokens[starts[i] : ends[i]], dtype=np.int64))
            room -= size
    return found


def _windows(ids: Ids, end_id: int, context: int) -> list[tuple[Ids, Ids]]:
    """(inputs, labels) of a document from the end token before it, padded to `context`."""
    line, found = np.concatenate([[end_id], ids]), []
    for start in range(0, len(ids), context):
        piece = line[start : start + context + 1]
        inputs, labels = np.full(context, end_id), np.full(context, IGNORED)
        inputs[: len(piece) - 1], labels[: len(piece) - 1] = piece[:-1], piece[1:]
        found.append((inputs, labels))
    return found
