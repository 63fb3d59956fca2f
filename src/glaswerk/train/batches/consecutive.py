"""Two samplers of a run, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from glaswerk.train.batches.batches import Batch, Span, Visits
from glaswerk.train.batches.sampler import PackedSampler


class Consecutive:
    """`first` before step `at`, `then` from there on; step `since` of the run is step 0 of `then`."""

    # Only dialogues lose labels, and these samplers have none.
    lost = 0.0

    def __init__(
        self, first: PackedSampler | Consecutive, then: PackedSampler | Consecutive, *, at: int, since: int
    ) -> None:
        self._first, self._then, self._at, self._since = first, then, at, since
        self.documents: Sequence[str] = [*first.documents, *then.documents]
        self.steps_per_epoch: float = then.steps_per_epoch
        self.tokens_per_epoch: int = then.tokens_per_epoch

    def batch(self, step: int) -> Batch:
        """The batch of a step."""
        return self._first.batch(step) if step < self._at else self._then.batch(step - self._since)

    def spans(self, step: int) -> list[Span]:
        """The stretches of documents in the batch of a step."""
        return self._first.spans(step) if step < self._at else self._then.spans(step - self._since)

    def visits(self, steps: int) -> Iterator[Visits]:
        """What the first `steps` steps saw, with documents numbered as in `documents`."""
        yield from self._first.visits(min(steps, self._at))
        before = len(self._first.documents)
        for seen in self._then.visits(max(steps - self._since, 0)):
            later = Visits(seen.document + before, seen.step + self._since, seen.tokens)
            yield later.only(later.step >= self._at)
