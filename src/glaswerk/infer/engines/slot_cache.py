"""Keys and values of many sequences at once: one slot a sequence, at positions of its own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import Cache

# Slots and positions are added in these steps: each growth copies what is there.
_POSITIONS, _SLOTS = 128, 4


class SlotCache(Cache):  # type: ignore[misc]  # transformers has no types
    """A `transformers` cache with tensors of (slots, heads, positions, width) a layer.

    A forward pass covers a run of neighbouring slots, see `cover`. Keys beyond a slot's length are left over
    from before; the mask that `mask` makes hides them. New memory is zeroed: a NaN would pass a mask.
    """

    def __init__(self) -> None:
        super().__init__(layers=[])
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []
        self._slots = self._positions = 0
        self._first, self._starts, self._span, self._at = 0, torch.zeros(0), 0, torch.zeros(0)

    @torch.inference_mode()
    def cover(self, first: int, starts: list[int], count: int, device: torch.device) -> None:
        """The next pass writes `count` tokens each to slots from `first` on, after their first `starts`."""
        self._first, self._span = first, max(starts) + count
        self._starts = torch.tensor(starts, device=device)
        self._at = self._starts[:, None] + torch.arange(count, device=device)
        self._grow(first + len(starts), self._span)

    def positions(self) -> Tensor:
        """Position of each new token, (rows, count)."""
        return self._at

    def mask(self, dtype: torch.dtype, window: int | None = None) -> Tensor:
        """Additive attention mask, (rows, 1, count, span): causal, and at most `window` tokens back."""
        keys = torch.arange(self._span, device=self._at.device)
        gap = self._at[:, None, :, None] - keys
        seen = gap >= 0 if window is None else (gap >= 0) & (gap < window)
        return torch.zeros(seen.shape, dtype=dtype, device=seen.device).masked_fill_(
            ~seen, torch.finfo(dtype).min
        )

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor]:
        """Write (rows, heads, count, width) and return all keys and values of the covered slots."""
        while len(self._keys) <= layer_idx:
            self._keys.append(self._room(key_states))
            self._values.append(self._room(value_states))
        rows, count = key_states.shape[0], key_states.shape[2]
        slots = slice(self._first, self._first + rows)
        keys, values = self._keys[layer_idx], self._values[layer_idx]
        if count == 1:
            row = torch.arange(self._first, self._first + rows, device=keys.device)
            keys[row, :, self._starts] = key_states[:, :, 0]
            values[row, :, self._starts] = value_states[:, :, 0]
        else:
            for i, start in enumerate(self._starts.tolist()):
                keys[self._first + i, :, start : start + count] = key_states[i]
                values[self._first + i, :, start : start + count] = value_states[i]
        return keys[slots, :, : self._span], values[slots, :, : self._span]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens before the pass in the longest covered slot."""
        return self._span - self._at.shape[-1]

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        """Number of keys of the pass, and the position of the first."""
        return self._span, 0

    @torch.inference_mode()
    def copy(self, source: int, target: int, length: int) -> None:
        """The first `length` tokens of a slot into another."""
        self._grow(target + 1, 0)
        for store in (*self._keys, *self._values):
            store[target, :, :length] = store[source, :, :length]

    @torch.inference_mode()
    def swap(self, one: int, other: int, length: int) -> None:
        """Exchange the first `length` tokens of two slots."""
        self._grow(max(one, other) + 1, 0)
        for store in (*self._keys, *self._values):
            kept = store[one, :, :length].clone()
            store[one, :, :length] = store[other, :, :length]
            store[other, :, :length] = kept

    def bytes_with(self, slots: int, positions: int) -> int:
        """Memory once there are at least so many slots of so many positions; 0 before the first pass."""
        cells = max(slots, self._slots) * max(positions, self._positions)
        return cells * sum(s.shape[1] * s.shape[3] * s.element_size() for s in (*self._keys, *self._values))

    def _room(self, like: Tensor) -> Tensor:
        return like.new_zeros(self._slots, like.shape[1], self._positions, like.shape[3])

    def _grow(self, slots: int, positions: int) -> None:
        if slots <= self._slots and positions <= self._positions:
            return
        if slots > self._slots:
            self._slots = -(-slots // _SLOTS) * _SLOTS
        if positions > self._positions:
            self._positions = -(-positions // _POSITIONS) * _POSITIONS
        self._keys = [self._larger(store) for store in self._keys]
        self._values = [self._larger(store) for store in self._values]

    def _larger(self, store: Tensor) -> Tensor:
        larger = self._room(store)
        larger[: store.shape[0], :, : store.shape[2]] = store
        return larger
