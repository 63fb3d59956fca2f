"""A network in OpenVINO with paged attention, behind the same batcher as the torch network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
import torch
from torch import Tensor
from transformers import PreTrainedModel

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines.block_cache import BLOCK, BlockCache, BlockRow
from glaswerk.infer.engines.network import Row
from glaswerk.infer.engines.openvino_graph import paged_graph
from glaswerk.infer.engines.openvino_weights import WeightKind

Ids = np.ndarray[Any, np.dtype[Any]]
_LIMIT = 2 << 30


class OpenVinoNetwork:
    """Rows share one pass without padding, and the blocks of their common beginnings.

    weights: of the products; keys, values and everything else are fp32. threads: of OpenVINO. limit: bytes
    for keys and values, which the system commits as they fill; a context always fits. Raises GlaswerkError
    for a network that cannot be built.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        vocabulary: int,
        *,
        weights: WeightKind = "f32",
        threads: int = 1,
        rows: int = 64,
        limit: int = _LIMIT,
    ) -> None:
        self.vocabulary = vocabulary
        self.context = int(model.config.max_position_embeddings)
        compiled = ov.Core().compile_model(paged_graph(model, weights), "CPU", _settings(threads, weights))
        self._request = compiled.create_infer_request()
        shapes = {
            port.any_name: [size.get_length() for size in list(port.partial_shape)[1:]]
            for port in compiled.inputs
            if "cache" in port.any_name
        }
        each = 4 * sum(int(np.prod(shape)) for shape in shapes.values())
        least = -(-self.context // BLOCK)
        count = max(least, min(limit // each, rows * least))
        # One more than is handed out at most: a block that is being copied is held twice.
        self._stores = {name: np.zeros((count + 1, *shape), np.float32) for name, shape in shapes.items()}
        for name, store in self._stores.items():
            self._request.set_tensor(name, ov.Tensor(store, shared_memory=True))
        self._blocks = BlockCache(count)
        self._room = 0

    def fits(self, length: int) -> bool:
        """Whether one more row of up to `length` tokens is within the memory; `open` sets it aside."""
        self._room = length
        return self._blocks.fits(length)

    def open(self, prompt: Sequence[int], adapter: str = "") -> Row:
        """A row for a prompt; `row.ids` is what of it is known already, always less than the whole.

        Raises GlaswerkError for an adapter: this network has fixed weights.
        """
        if adapter:
            raise GlaswerkError("OpenVINO cannot apply an adapter to single answers", hint="glaswerk serve")
        row, source = self._blocks.open(prompt, self._room)
        self._room = 0
        if source is not None:
            for store in self._stores.values():
                store[row.blocks[-1]] = store[source]
        return row

    def close(self, row: Row) -> None:
        """The row is no longer in use; its beginning may serve another."""
        assert isinstance(row, BlockRow)
        self._blocks.close(row)

    def advance(self, rows: Sequence[Row], pieces: Sequence[Sequence[int]]) -> Tensor:
        """Append a piece of ids to each row; logits after each, (rows, vocabulary), until the next call."""
        ends = np.cumsum([len(piece) for piece in pieces]) - 1
        return self._pass(rows, pieces, ends)

    def logits(self, ids: Sequence[int]) -> Tensor:
        """Logits after every token of one text, (tokens, vocabulary); the text is not kept."""
        row = BlockRow(0, room=len(ids))
        self._blocks.add(row)
        try:
            return self._pass([row], [ids], np.arange(len(ids))).clone()
        finally:
            self._blocks.drop(row)

    def _pass(self, rows: Sequence[Row], pieces: Sequence[Sequence[int]], wanted: Ids) -> Tensor:
        own = [row for row in rows if isinstance(row, BlockRow)]
        before = [len(row.ids) for row in own]
        after = [start + len(piece) for start, piece in zip(before, pieces, strict=True)]
        for row, length in zip(own, after, strict=True):
            self._blocks.extend(row, length)
        for name, value in _inputs(own, pieces, before, after).items():
            self._request.set_tensor(name, ov.Tensor(value))
        self._request.set_tensor("sampled_tokens_indices", ov.Tensor(wanted.astype(np.int64)))
        self._request.infer()
        # Not before: a row whose pass failed would lend others keys that were never computed.
        for row, piece in zip(own, pieces, strict=True):
            row.ids.extend(piece)
        found = self._request.get_output_tensor(0).data
        return torch.from_numpy(found)[:, 0, : self.vocabulary]


def _inputs(
    rows: Sequence[BlockRow], pieces: Sequence[Sequence[int]], before: list[int], after: list[int]
) -> dict[str, Ids]:
    """What paged attention reads, by the names of its inputs."""
    spans = zip(before, after, strict=True)
    return {
        "input_ids": np.concatenate([np.asarray(piece, np.int64) for piece in pieces]),
        "position_ids": np.concatenate([np.arange(*span, dtype=np.int64) for span in spans]),
        "past_lens": np.array(before, np.int32),
        "subsequence_begins": _starts([len(piece) for piece in pieces]),
        "block_indices": np.concatenate([np.array(row.blocks, np.int32) for row in rows]),
        "block_indices_begins": _starts([len(row.blocks) for row in rows]),
        "max_context_len": np.array(max(after), np.int32),
    }


def _starts(sizes: Sequence[int]) -> Ids:
    return np.cumsum([0, *sizes], dtype=np.int32)


def _settings(threads: int, weights: WeightKind) -> dict[str, Any]:
    exact = {"DYNAMIC_QUANTIZATION_GROUP_SIZE": 0} if weights == "f32" else {}
    return {
        "INFERENCE_NUM_THREADS": threads,
        "INFERENCE_PRECISION_HINT": "f32",
        "KV_CACHE_PRECISION": "f32",
        **exact,
    }
