"""Sources that come last in a run, so that what may be withdrawn is only in its last steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.train.batches.consecutive import Consecutive
from glaswerk.train.batches.repetition import TRAINED
from glaswerk.train.batches.sampler import PackedSampler
from glaswerk.train.batches.sources import sources_of
from glaswerk.train.batches.stream import Stream

# The key in the config of a model whose run had sources last.
LAST = "last"
# Tokens of the other sources replayed per token of the last ones: without them a run forgets what it knew.
REPLAY_RATIO = 1.0


@dataclass(frozen=True, slots=True)
class Last:
    """The sources that come last, and their documents as index ranges [first, end) in the training split.

    `at`: the first step of their part; `replay`: see `REPLAY_RATIO`.
    """

    sources: tuple[str, ...]
    documents: tuple[tuple[int, int], ...]
    at: int = 0
    replay: float = REPLAY_RATIO

    @classmethod
    def of(cls, lab: Lab, packed: Artifact, names: Sequence[str]) -> Last | None:
        """The documents of these sources in the training split of shards; None if no source is named.

        Raises GlaswerkError for a source without training documents, and if no other source is left.
        """
        if not names:
            return None
        found = sources_of(lab, packed, TRAINED)
        _check(names, found.names)
        ranges = found.ranges(names)
        return cls(tuple(sorted(set(names))), ranges)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Last:
        """The inverse of `to_json`."""
        ranges = tuple((first, end) for first, end in found["documents"])
        return cls(tuple(found["sources"]), ranges, int(found["at"]), float(found["replay"]))

    def to_json(self) -> dict[str, Any]:
        """The value of `LAST` in the config of a model."""
        return asdict(self)

    def parts(self, stream: Stream) -> tuple[Stream, Stream]:
        """`stream` in two parts: the documents that come first, and those that come last."""
        return stream.parted(self.documents)


def _check(names: Sequence[str], there: Sequence[str]) -> None:
    unknown = [name for name in names if name not in there]
    if unknown or not set(there) - set(names):
        problem = f"{unknown[0]!r} is none" if unknown else "all of them cannot come last"
        raise GlaswerkError(
            f"--last takes sources with training documents ({', '.join(sorted(there))}): {problem}",
            hint="--last SOURCE, once for each source that may be withdrawn",
        )


class LastSampler(Consecutive):
    """The other sources before step `last.at`; from there on the last ones, mixed with replayed others.

    An epoch is one pass through both parts. `make` builds the sampler of a part.
    """

    def __init__(
        self,
        stream: Stream,
        last: Last,
        *,
        length: int,
        rows: int,
        seed: int,
        make: Callable[..., PackedSampler] = PackedSampler,
    ) -> None:
        others, own = last.parts(stream)
        packing = {"length": length, "rows": rows, "seed": seed}
        first, then = make(others, **packing), make(own, replay=others, share=last.replay, **packing)
        super().__init__(first, then, at=last.at, since=last.at)
        self._steps = first.steps_per_epoch, then.steps_per_epoch
        self.rows, self._last_rows, self._length = first.rows, then.rows, length
        self.steps_per_epoch = sum(self._steps)
        self.tokens_per_epoch = first.tokens_per_epoch + then.tokens_per_epoch

    def check_ranks(self, ranks: int) -> None:
        """Raises GlaswerkError if a step of the last part cannot be shared equally among the data-parallel
        ranks. Called before the run begins, so that it does not fail when that part does."""
        rows = self._last_rows
        if rows % ranks:
            fits = rows // ranks * ranks * self._length
            raise GlaswerkError(
                f"a step of the sources that come last has {rows} rows, which cannot be shared equally among "
                f"{ranks} data-parallel ranks",
                hint=f"--batch-tokens {fits}"
                if fits
                else "start fewer ranks, or name more sources as --last",
            )

    def ends(self, tokens: float) -> tuple[int, int]:
        """The steps at which the first part and the run end if both parts together have `tokens` tokens.

        Both parts get the same number of passes, rounded up to steps: an epoch covers every document.
        """
        passes = tokens / self.tokens_per_epoch
        first, then = (math.ceil(passes * steps - 1e-9) for steps in self._steps)
        return first, first + then
