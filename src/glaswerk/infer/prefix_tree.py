"""Log-probabilities of many sequences that begin alike: each shared beginning is computed once.

Sorted sequences form a tree of tokens. A beginning that all of a part share goes into a cache of keys and
values; what branches off is packed into one row, in which a token sees its ancestors only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from glaswerk.infer.engines.network import attention_windows

# Tokens a pass. With 512 products are at full speed, and the mask costs a sixth of them (135 M parameters).
_PASS = 512
_LEAST_PASS = 64
# Logits held at once: 256 MB in fp32.
_LOGITS = 1 << 26
Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(slots=True)
class Branch:
    """Log-probabilities of the last tokens of a sequence, and whether each was the likeliest."""

    values: Floats
    tops: Flags


@dataclass(slots=True)
class _Pass:
    """Tokens of one pass in the order of a walk down the tree.

    `parents`: place of the token before in this pass, -1 in the cache. `wanted`: (place, next token,
    sequence, its scored token).
    """

    ids: list[int] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    wanted: list[tuple[int, int, int, int]] = field(default_factory=list)


class PrefixTree:
    """Scores sequences under one model. Not safe for several threads."""

    def __init__(self, model: PreTrainedModel, vocabulary: int) -> None:
        """Only for a model of which `scores_trees` is true."""
        self._model, self._windows = model, attention_windows(model) or {}
        self._most = min(_PASS, max(_LEAST_PASS, _LOGITS // vocabulary))
        self._rows: list[Sequence[int]] = []
        self._firsts: list[int] = []
        self._alike: list[int] = []
        self._branches: list[Branch] = []
        self._cache = DynamicCache()
        self.run_tokens = 0

    @torch.inference_mode()
    def score(self, rows: Sequence[tuple[Sequence[int], int]]) -> list[Branch]:
        """Score the last `count` tokens of each (ids, count); at least one token comes before them.

        `run_tokens` is then the number of tokens that went through the network.
        """
        order = sorted(range(len(rows)), key=lambda i: list(rows[i][0]))
        self._rows = [rows[i][0] for i in order]
        self._firsts = [len(rows[i][0]) - rows[i][1] for i in order]
        self._alike = [0, *map(shared_beginning, self._rows, self._rows[1:])]
        self._branches = [_empty(rows[i][1]) for i in order]
        self._cache, self.run_tokens = DynamicCache(), 0
        if rows:
            self._walk(0, len(rows), 0)
        return [self._branches[place] for place in np.argsort(order)]

    def _walk(self, low: int, high: int, depth: int) -> None:
        """Score rows low..high, whose first `depth` tokens are in the cache."""
        alike = min(self._alike[low + 1 : high], default=len(self._rows[low]))
        shared = min(alike, max(self._inputs(row) for row in range(low, high)))
        if self._size(low, high, depth) <= self._most:
            self._run(self._packed(low, high, depth), depth)
            self._forget(depth)
            return
        for start in range(depth, shared, self._most):
            self._run(self._path(low, high, start, min(shared, start + self._most)), start)
        for start, end in self._parts(low, high, shared):
            self._walk(start, end, shared)
        self._forget(depth)

    def _forget(self, depth: int) -> None:
        more = self._cache.get_seq_length() - depth
        if more:
            self._cache.crop(-more)

    def _parts(self, low: int, high: int, depth: int) -> Iterator[tuple[int, int]]:
        """Neighbouring branches together as long as they fit into a pass."""
        start, size = low, 0
        for first, last in self._children(low, high, depth):
            own = self._size(first, last, depth)
            if first > start and size + own > self._most:
                yield start, first
                start, size = first, 0
            size += own
        if size:
            yield start, high

    def _children(self, low: int, high: int, depth: int) -> Iterator[tuple[int, int]]:
        """Ranges of rows with the same token at `depth`. Rows that end before it were scored on the way."""
        start = low
        for i in range(low + 1, high + 1):
            if i == high or self._rows[i][depth : depth + 1] != self._rows[start][depth : depth + 1]:
                yield start, i
                start = i

    def _inputs(self, row: int) -> int:
        """The last token of a sequence is predicted and never read."""
        return len(self._rows[row]) - 1

    def _size(self, low: int, high: int, depth: int) -> int:
        total, before = 0, depth
        for row in range(low, high):
            total += max(0, self._inputs(row) - before)
            if row + 1 < high:
                before = max(depth, self._alike[row + 1])
        return total

    def _packed(self, low: int, high: int, depth: int) -> _Pass:
        found, path = _Pass(), list[int]()
        for row in range(low, high):
            # `path`: places of this row's tokens; those that it shares with the row before stay.
            del path[max(0, self._alike[row] - depth) if row > low else 0 :]
            for at in range(depth + len(path), self._inputs(row)):
                found.parents.append(path[-1] if path else -1)
                path.append(len(found.ids))
                found.ids.append(self._rows[row][at])
            self._want(found, row, depth, path)
        return found

    def _path(self, low: int, high: int, start: int, end: int) -> _Pass:
        places = list(range(end - start))
        found = _Pass(list(self._rows[low][start:end]), [place - 1 for place in places])
        for row in range(low, high):
            self._want(found, row, start, places)
        return found

    def _want(self, found: _Pass, row: int, start: int, path: Sequence[int]) -> None:
        first = self._firsts[row]
        for at in range(max(first, start + 1), min(len(self._rows[row]), start + len(path) + 1)):
            found.wanted.append((path[at - 1 - start], self._rows[row][at], row, at - first))

    def _run(self, found: _Pass, depth: int) -> None:
        if not found.ids:
            return
        self.run_tokens += len(found.ids)
        device = self._model.device
        places = sorted({place for place, *_ in found.wanted})
        sees, depths = _sight(found.parents)
        logits = self._model(
            input_ids=torch.tensor([found.ids], device=device),
            attention_mask=self._masks(sees, depths, depth),
            position_ids=torch.from_numpy(depths + depth)[None].to(device),
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=torch.tensor(places or [len(found.ids) - 1], device=device),
        ).logits[0]
        if places:
            self._keep(found, {place: i for i, place in enumerate(places)}, logits)

    def _keep(self, found: _Pass, kept: dict[int, int], logits: Tensor) -> None:
        logits = logits.float()
        rows = torch.tensor([kept[place] for place, *_ in found.wanted], device=logits.device)
        tokens = torch.tensor([token for _, token, *_ in found.wanted], device=logits.device)
        totals = logits.logsumexp(-1)
        values = (logits[rows, tokens] - totals[rows]).double().cpu().numpy()
        tops = (logits.argmax(-1)[rows] == tokens).cpu().numpy()
        for (_, _, row, at), value, top in zip(found.wanted, values, tops, strict=True):
            self._branches[row].values[at] = value
            self._branches[row].tops[at] = top

    def _masks(self, sees: Flags, depths: np.ndarray[Any, Any], depth: int) -> Tensor | dict[str, Tensor]:
        keys = np.concatenate([np.arange(depth), depths + depth])
        gaps = torch.from_numpy((depths + depth)[:, None] - keys)
        seen = torch.from_numpy(np.concatenate([np.ones((len(sees), depth), bool), sees], axis=1))
        masks = {kind: self._mask(seen, gaps, window) for kind, window in self._windows.items()}
        return masks if len(masks) > 1 else next(iter(masks.values()))

    def _mask(self, seen: Tensor, gaps: Tensor, window: int | None) -> Tensor:
        own = seen if window is None else seen & (gaps < window)
        dtype = self._model.dtype
        mask = torch.zeros(own.shape, dtype=dtype).masked_fill_(~own, torch.finfo(dtype).min)
        return mask[None, None].to(self._model.device)


def _empty(count: int) -> Branch:
    return Branch(np.zeros(count), np.zeros(count, bool))


def _sight(parents: Sequence[int]) -> tuple[Flags, np.ndarray[Any, Any]]:
    """Which tokens of the pass each one sees, and its distance from the cached beginning."""
    sees = np.zeros((len(parents), len(parents)), bool)
    depths = np.zeros(len(parents), np.int64)
    for i, parent in enumerate(parents):
        if parent >= 0:
            sees[i] = sees[parent]
            depths[i] = depths[parent] + 1
        sees[i, i] = True
    return sees, depths


def shared_beginning(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences begin with alike."""
    most = min(len(one), len(other))
    return next((i for i in range(most) if one[i] != other[i]), most)


@torch.inference_mode()
def scores_trees(model: PreTrainedModel, vocabulary: int) -> bool:
    """Whether the model's attention takes a mask of ours, as a short trial shows."""
    if attention_windows(model) is None:
        return False
    head = [(7 * i + 3) % vocabulary for i in range(9)]
    rows = [([*head, *[(5 * i + k) % vocabulary for i in range(4 + k)]], 3 + k) for k in range(3)]
    try:
        found = PrefixTree(model, vocabulary).score(rows)
        return all(_agrees(model, row, own.values) for row, own in zip(rows, found, strict=True))
    # A model with attention of another kind fails in ways of its own.
    except Exception:  # noqa: BLE001
        return False


def _agrees(model: PreTrainedModel, row: tuple[list[int], int], found: Floats) -> bool:
    ids, count = row
    inputs = torch.tensor([ids[:-1]], device=model.device)
    logits = model(input_ids=inputs, use_cache=False).logits[0].float().log_softmax(-1).cpu()
    wanted = [float(logits[at - 1, ids[at]]) for at in range(len(ids) - count, len(ids))]
    return bool(np.allclose(found, wanted, atol=1e-2, rtol=1e-3))
