"""Preference pairs for training: two token sequences that share a prompt, fitted into a context."""

from __future__ import annotations

from typing import Any

import numpy as np

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.next_commands import aside, pack_command
from glaswerk.tokenizer.shards import Shards

Ids = np.ndarray[Any, np.dtype[np.int64]]
CHOSEN, REJECTED = 0, 1
# Tokens that remain of a truncated prompt at least: the end of the question and the opening of the turn.
LEAST_PROMPT = 16


class Pairs:
    """The pairs of a split that fit into `context` tokens.

    A prompt that is too long loses its beginning, the same part on both sides; `cut` counts these. A pair
    whose longer answer does not fit together with `LEAST_PROMPT` tokens of prompt is dropped; `left_out`
    counts these. `documents` holds the document id of every remaining pair.
    """

    def __init__(self, shards: Shards, split: str, context: int) -> None:
        self.split = split
        self._tokens = shards.tokens(split)
        documents, starts, ends = shards.spans(split)
        if documents[::2] != documents[1::2]:
            raise GlaswerkError(
                f"expected pairs in the split {split!r} of {shards.folder}, found unpaired spans",
                hint=aside(shards.folder, pack_command(shards.folder.name)),
            )
        answers = _answers(shards.mask(split), starts, ends).reshape(-1, 2, 2)
        starts = starts.reshape(-1, 2)
        # The newline after an answer's end of turn has no loss and nothing follows it, so it is dropped.
        lengths = answers[:, :, 1] - starts
        over = np.maximum(lengths.max(axis=1) - (context + 1), 0)
        prompts = answers[:, CHOSEN, 0] - starts[:, CHOSEN]
        fits = prompts - over >= np.minimum(prompts, LEAST_PROMPT)
        self.documents = [documents[2 * i] for i in np.flatnonzero(fits)]
        self.cut, self.left_out = int((over[fits] > 0).sum()), int((~fits).sum())
        self._starts, self._answers = (starts + over[:, None])[fits], answers[fits]

    def __len__(self) -> int:
        return len(self.documents)

    @property
    def lengths(self) -> Ids:
        """Tokens of the longer side of every pair, shape (pairs,)."""
        longest: Ids = (self._answers[:, :, 1] - self._starts).max(axis=1)
        return longest

    def sequence(self, pair: int, side: int) -> tuple[Ids, int]:
        """Token ids of one side, int64, and the index at which the answer begins."""
        start, (answer, end) = self._starts[pair, side], self._answers[pair, side]
        return np.asarray(self._tokens[start:end], np.int64), int(answer - start)

    def span(self, pair: int, side: int) -> tuple[int, int]:
        """(start, end) of one side in the split's token file."""
        return int(self._starts[pair, side]), int(self._answers[pair, side, 1])


def _answers(mask: np.ndarray[Any, Any], starts: Ids, ends: Ids) -> Ids:
    """(start, end) of the masked tokens of every span, shape (spans, 2)."""
    found = np.empty((len(starts), 2), np.int64)
    for i, (start, end) in enumerate(zip(starts, ends, strict=True)):
        places = np.flatnonzero(mask[start:end])
        found[i] = start + places[0], start + places[-1] + 1
    return found
