"""The learning-rate schedule: linear warm-up, flat part, linear decay to 0 (WSD, Hu et al. 2024).

The flat part is a trunk: a decay can branch off at any of its steps, so that one run yields finished models
of many lengths, and each more costs only its decay.
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
        """The factor, in (0, 1], of the peak learning rate at `step`, counted from 0; 0 after the run."""
        rise = min(1.0, (step + 1) / max(self.warmup, 1))
        if step < self.decay_from:
            return rise
        share = (step - self.decay_from) / max(self.steps - self.decay_from, 1)
        return min(rise, max(0.0, 1 - share))

    def branch(self, at: int, decay: int) -> Schedule:
        """The schedule that follows this one before step `at` and then decays over `decay` steps.

        Raises GlaswerkError if this schedule is not flat at that step: its checkpoint would not be one of a
        run with a flat learning rate.
        """
        if not self.warmup <= at <= self.decay_from:
            raise GlaswerkError(
                f"a decay can branch off from step {self.warmup} to {self.decay_from}, found {at}",
                hint="before that the learning rate still rises; after it, it already falls",
            )
        return replace(self, steps=at + decay, decay_from=at)


def wsd(steps: int, *, warmup: float, decay: float) -> Schedule:
    """A schedule of `steps` steps; `warmup` and `decay` are shares of it.

    The shares come from `LoopConfig` in `train.loop`, or from `tune`, `dpo` and `grpo`. Changing the shape
    changes every model: raise their RECIPE.
    """
    return Schedule(steps, round(warmup * steps), steps - round(decay * steps))
