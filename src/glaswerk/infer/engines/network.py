"""A causal language model that advances many sequences together, and what it remembers of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from glaswerk.infer.engines.adapters import Adapters
from glaswerk.infer.engines.slot_cache import SlotCache

# Shorter shared beginnings are not worth the copy.
_LEAST_PREFIX = 8
# Rows kept for their beginnings, in use or not.
_KEPT = 8
_LIMIT = 4 << 30


@dataclass(eq=False, slots=True)
class Row:
    """A sequence that a network holds: the ids whose keys are stored, in which slot, and if it is in use.

    `closed`: the number of closings before its own, so that the oldest beginning goes first.
    """

    slot: int
    ids: list[int] = field(default_factory=list)
    used: bool = True
    closed: int = 0
    adapter: str = ""
    cache: DynamicCache | None = None


class Network(Protocol):
    """Sequences of one model. Not safe for several threads."""

    vocabulary: int

    def fits(self, length: int) -> bool:
        """Whether one more row of up to `length` tokens is within the memory for keys and values."""

    def open(self, prompt: Sequence[int], adapter: str = "") -> Row:
        """A row for a prompt; `row.ids` is what of it is known already, always less than the whole.

        adapter: applied to this row in every pass.
        """

    def advance(self, rows: Sequence[Row], pieces: Sequence[Sequence[int]]) -> Tensor:
        """Append a piece of ids to each row; logits after each, (rows, vocabulary), fp32 on the CPU."""

    def close(self, row: Row) -> None:
        """The row is no longer in use; its beginning may serve another."""


class SlotNetwork:
    """Rows share one pass, in neighbouring slots of a `SlotCache`. Closed rows stay for their beginnings.

    windows: for every layer type of the configuration, how far back it sees (None: everywhere). limit: bytes
    for keys and values; a single row may pass it. adapters: those that rows may name.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        vocabulary: int,
        windows: dict[str, int | None],
        limit: int = _LIMIT,
        adapters: Adapters | None = None,
    ) -> None:
        self._adapters = adapters or Adapters(model)
        self._model, self.vocabulary, self._windows, self._limit = model, vocabulary, windows, limit
        self._cache = SlotCache()
        self._rows: list[Row] = []
        self._closings = 0
        self._last = int(model.config.get_text_config().max_position_embeddings) - 1

    def fits(self, length: int) -> bool:
        used = sum(row.used for row in self._rows)
        return used == 0 or self._cache.bytes_with(used + 1, length) <= self._limit

    def open(self, prompt: Sequence[int], adapter: str = "") -> Row:
        source, length = self._best_prefix(prompt, adapter)
        if source is not None and not source.used and 2 * length >= len(source.ids):
            source.used, source.ids = True, source.ids[:length]
            return source
        row = self._free_row(source)
        row.ids, row.adapter = [], adapter
        if source is not None:
            self._cache.copy(source.slot, row.slot, length)
            row.ids = source.ids[:length]
        return row

    def close(self, row: Row) -> None:
        self._closings += 1
        row.used, row.closed = False, self._closings

    @torch.inference_mode()
    def advance(self, rows: Sequence[Row], pieces: Sequence[Sequence[int]]) -> Tensor:
        device, count = self._model.device, max(len(piece) for piece in pieces)
        order = self._neighbours(rows)
        starts = [len(rows[i].ids) for i in order]
        self._cache.cover(rows[order[0]].slot, starts, count, device)
        ids = torch.tensor([[*pieces[i], *[0] * (count - len(pieces[i]))] for i in order], device=device)
        ends = [len(pieces[i]) - 1 for i in order]
        kept = sorted(set(ends))
        with self._adapters.applied([rows[i].adapter for i in order]):
            logits = self._model(
                input_ids=ids,
                attention_mask=self._masks(),
                position_ids=self._cache.positions().clamp(max=self._last),
                past_key_values=self._cache,
                use_cache=True,
                logits_to_keep=torch.tensor(kept, device=device),
            ).logits
        for row, piece in zip(rows, pieces, strict=True):
            row.ids.extend(piece)
        found = logits[torch.arange(len(order)), torch.tensor([kept.index(end) for end in ends])]
        result = torch.empty(len(order), self.vocabulary)
        result[torch.tensor(order)] = found[:, : self.vocabulary].float().cpu()
        return result

    def _masks(self) -> Tensor | dict[str, Tensor]:
        dtype = self._model.dtype
        masks = {kind: self._cache.mask(dtype, window) for kind, window in self._windows.items()}
        return masks if len(masks) > 1 else next(iter(masks.values()))

    def _best_prefix(self, prompt: Sequence[int], adapter: str) -> tuple[Row | None, int]:
        found, best = None, _LEAST_PREFIX - 1
        # Another adapter makes other keys of the same ids.
        for row in (row for row in self._rows if row.adapter == adapter):
            # The last token of a prompt is always run: its logits are wanted.
            length = shared_length(row.ids, prompt, len(prompt) - 1)
            if length > best or (length == best and found is not None and found.used and not row.used):
                found, best = row, length
        return found, best

    def _free_row(self, source: Row | None) -> Row:
        """A new row, or the one that was closed first where enough are kept; never `source`."""
        free = [row for row in self._rows if not row.used and row is not source]
        more = len(self._rows) < _KEPT and self._cache.bytes_with(len(self._rows) + 1, 0) <= self._limit
        if free and not more:
            row = min(free, key=lambda row: row.closed)
            row.used = True
            return row
        self._rows.append(Row(len(self._rows)))
        return self._rows[-1]

    def _neighbours(self, rows: Sequence[Row]) -> list[int]:
        """The order of rows by slot, after they were moved next to each other if they were not."""
        order = sorted(range(len(rows)), key=lambda i: rows[i].slot)
        slots = [rows[i].slot for i in order]
        if slots[-1] - slots[0] == len(slots) - 1:
            return order
        by_slot, wanted = {row.slot: row for row in self._rows}, set(slots)
        holes = [slot for slot in range(len(slots)) if slot not in wanted]
        for slot in reversed(slots):
            if slot < len(slots):
                break
            self._exchange(by_slot[slot], by_slot[holes.pop(0)])
        return sorted(range(len(rows)), key=lambda i: rows[i].slot)

    def _exchange(self, one: Row, other: Row) -> None:
        self._cache.swap(one.slot, other.slot, max(len(one.ids), len(other.ids)))
        one.slot, other.slot = other.slot, one.slot


class RowNetwork:
    """One pass a row, with the model's own kind of cache: for models whose cache is not keys and values."""

    def __init__(self, model: PreTrainedModel, vocabulary: int, adapters: Adapters | None = None) -> None:
        self._model, self.vocabulary, self._adapters = model, vocabulary, adapters or Adapters(model)

    def fits(self, length: int) -> bool:
        return True

    def open(self, prompt: Sequence[int], adapter: str = "") -> Row:
        return Row(0, adapter=adapter, cache=DynamicCache(config=self._model.config))

    def close(self, row: Row) -> None:
        row.used, row.cache = False, None

    @torch.inference_mode()
    def advance(self, rows: Sequence[Row], pieces: Sequence[Sequence[int]]) -> Tensor:
        found = []
        for row, piece in zip(rows, pieces, strict=True):
            ids = torch.tensor([list(piece)], device=self._model.device)
            with self._adapters.applied([row.adapter]):
                output = self._model(
                    input_ids=ids, past_key_values=row.cache, use_cache=True, logits_to_keep=1
                )
            row.ids.extend(piece)
            found.append(output.logits[0, -1, : self.vocabulary].float().cpu())
        return torch.stack(found)


def shared_length(known: Sequence[int], prompt: Sequence[int], limit: int) -> int:
    """Length of the common beginning, at most `limit`."""
    limit = min(limit, len(known))
    if list(known[:limit]) == list(prompt[:limit]):
        return limit
    return next(i for i in range(limit) if known[i] != prompt[i])


def batches(model: PreTrainedModel, vocabulary: int) -> bool:
    """Whether a `SlotNetwork` gives this model's own logits, as a short trial shows."""
    windows = attention_windows(model)
    return windows is not None and _agrees(SlotNetwork(model, vocabulary, windows), model)


def network_of(
    model: PreTrainedModel,
    vocabulary: int,
    *,
    together: bool,
    limit: int = _LIMIT,
    adapters: Adapters | None = None,
) -> SlotNetwork | RowNetwork:
    """The network for a model; `together`: what `batches` says of it."""
    windows = attention_windows(model)
    if together and windows is not None:
        return SlotNetwork(model, vocabulary, windows, limit, adapters)
    return RowNetwork(model, vocabulary, adapters)


def attention_windows(model: PreTrainedModel) -> dict[str, int | None] | None:
    """How far back each layer type sees; None if a type is not plain attention."""
    config = model.config.get_text_config()
    window = getattr(config, "sliding_window", None)
    kinds = list(dict.fromkeys(getattr(config, "layer_types", None) or []))
    if not kinds:
        return {"": window}
    if set(kinds) - {"full_attention", "sliding_attention"}:
        return None
    return {kind: window if kind == "sliding_attention" else None for kind in kinds}


@torch.inference_mode()
def _agrees(network: SlotNetwork, model: PreTrainedModel) -> bool:
    """Whether two rows of different lengths get the logits that each gets alone."""
    size = network.vocabulary
    texts = [[(7 * i + 3) % size for i in range(12)], [(5 * i + 1) % size for i in range(9)]]
    try:
        rows = [network.open(ids) for ids in texts]
        network.advance(rows, [ids[:-2] for ids in texts])
        network.advance(rows, [ids[-2:-1] for ids in texts])
        found = network.advance(rows, [ids[-1:] for ids in texts])
        for ids, logits in zip(texts, found, strict=True):
            alone = model(input_ids=torch.tensor([ids], device=model.device), use_cache=False).logits[0, -1]
            wanted = alone[:size].float().cpu()
            if not torch.allclose(logits, wanted, atol=1e-2 * float(wanted.abs().max()), rtol=0):
                return False
    # A model with a cache of another kind fails in ways of its own.
    except Exception:  # noqa: BLE001
        return False
    return True
