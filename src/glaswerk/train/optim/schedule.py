"""The learning rate over a run: linear warm-up, flat, decay to 0 (WSD, Hu et al. 2024).

The flat part makes a trunk: from any of its steps a decay can branch off, so that one run gives a finished
model at every length wished, and going on costs only the decay.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from glaswerk.core.errors import GlaswerkError


@dataclass(frozen=True, slots=True)
class Schedule:
    """`warmup` steps up, flat to step `decay_from`, down to 0 at `steps`; all are optimizer steps.

    The decay is linear: 1 - sqrt(x) (Hägele et al. 2024) was no better (docs/scaling.md).
    """

    steps: int
    warmup: int
    decay_from: int

    def __post_init__(self) -> None:
        if not 0 <= self.decay_from <= self.steps or self.warmup < 0:
            raise GlaswerkError(
                f"a decay from step {self.decay_from} does not fit into {self.steps} steps",
                hint="the decay must begin at a step of the run and end with it",
            )

    def factor(self, step: int) -> float:
        """What the learning rate of `step` (from 0) is multiplied with; never 0 within the run."""
        rise = min(1.0, (step + 1) / max(self.warmup, 1))
        if step < self.decay_from:
            return rise
        share = (step - self.decay_from) / max(self.steps - self.decay_from, 1)
        return min(rise, max(0.0, 1 - share))

    def branch(self, at: int, decay: int) -> Schedule:
        """The schedule that follows this one before step `at` and then decays over `decay` steps.

        Raises GlaswerkError where this schedule is not flat at that step, as its checkpoint would not be
        one of a flat run.
        """
        if not self.warmup <= at <= self.decay_from:
            raise GlaswerkError(
                f"a decay can branch off from step {self.warmup} to {self.decay_from}, found {at}",
                hint="before, the rate still rises; after, it falls already",
            )
        return replace(self, steps=at + decay, decay_from=at)


def wsd(steps: int, *, warmup: float, decay: float) -> Schedule:
    """A schedule of `steps` from the shares of it that go into warm-up and decay."""
    return Schedule(steps, round(warmup * steps), steps - round(decay * steps))
