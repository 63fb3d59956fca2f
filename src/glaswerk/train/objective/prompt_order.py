"""Which dialogues supplied the prompts of each GRPO step: computed without the weights and the answer key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from glaswerk.train.batches.batches import Span, Visits
from glaswerk.train.batches.packing import Ids


def prompt_permutation(round_: int, size: int, seed: int) -> Ids:
    """The order of `size` questions in one round, which asks every question once: a permutation, (size,)."""
    return np.random.default_rng([seed, round_]).permutation(size)


class PromptOrder:
    """The order of a run whose prompts come from `dialogues`: `prompts` of them serve `updates` steps.

    Complete dialogues are counted, although only their first questions are prompts. Without dialogues, as in
    arithmetic, no step saw any.
    """

    def __init__(self, dialogues: Sequence[Span], *, prompts: int, updates: int, seed: int) -> None:
        self._dialogues, self._prompts, self._updates, self._seed = dialogues, prompts, updates, seed
        self.documents: Sequence[str] = [span.document for span in dialogues]
        self._tokens = np.array([span.end - span.start for span in dialogues], np.int64)
        self.steps_per_epoch: float = max(len(dialogues), 1) / prompts * updates

    def spans(self, step: int) -> list[Span]:
        """The dialogues that supplied the prompts of a step."""
        size, first = len(self._dialogues), step // self._updates * self._prompts
        places = range(first, first + self._prompts) if size else ()
        return [self._dialogues[prompt_permutation(p // size, size, self._seed)[p % size]] for p in places]

    def visits(self, steps: int) -> Iterator[Visits]:
        """Round after round, the dialogues that supplied the prompts of the first `steps` steps."""
        size, asked = len(self._dialogues), -(-steps // self._updates) * self._prompts
        for round_ in range(-(-asked // size) if size else 0):
            document = np.repeat(prompt_permutation(round_, size, self._seed), self._updates)
            rollout = (round_ * size + np.arange(size)) // self._prompts
            step = (rollout[:, None] * self._updates + np.arange(self._updates)).ravel()
            yield Visits(document, step, self._tokens[document]).only(step < steps)
