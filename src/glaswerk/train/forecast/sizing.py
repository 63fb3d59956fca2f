"""The model size that a budget of time or money pays for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from glaswerk.plan.budget import largest_within, parse_budget
from glaswerk.plan.flops import flops_of
from glaswerk.tokenizer import Shards
from glaswerk.train.forecast.prediction import Target, predict
from glaswerk.train.plan import TrainConfig, TrainPlan, plan, sampler_of

# A tenth of Chinchilla's 20, epochs counted: with fewer tokens per parameter, a model only memorises.
_LEAST_TOKENS = 2
# Sizes that a budget chooses from, as quarters of a power of two: 65 k to 64 G parameters.
_SMALLEST, _LARGEST = 64, 144


def within_budget(shards: Shards, config: TrainConfig, where: Target, budget: str) -> TrainConfig:
    """`config` with the largest size that `budget` trains on the target and that the corpus can fill."""
    seconds = parse_budget(budget, where.price_per_hour)
    chosen = _largest(shards, config, replace(where, probe=False), seconds)
    if where.probe:
        # Networks of one family reach about the same share of the peak, so one probe serves for all sizes.
        chosen = _largest(shards, replace(config, size=chosen.size), where, seconds)
    return chosen


def _largest(shards: Shards, config: TrainConfig, where: Target, seconds: float) -> TrainConfig:
    planned = plan(shards, config)
    reference = predict(planned, where, sampler_of(shards, config, planned.rows))
    speed = reference.rate.utilisation(reference.work.shape) * reference.rate.peak * where.devices

    def duration(candidate: tuple[TrainConfig, TrainPlan]) -> float:
        planned = candidate[1]
        return planned.tokens * flops_of(planned.shape).per_token / speed

    return largest_within(_filled(shards, config), duration, seconds)[0]


def _filled(shards: Shards, config: TrainConfig) -> Iterator[tuple[TrainConfig, TrainPlan]]:
    """Plans from the smallest size up to the last that has enough tokens; at least the smallest."""
    before = 0
    for power in range(_SMALLEST, _LARGEST):
        sized = replace(config, size=str(round(2 ** (power / 4))))
        planned = plan(shards, sized)
        if planned.shape.parameters == before:
            continue
        if before and planned.tokens < _LEAST_TOKENS * planned.shape.parameters:
            return
        before = planned.shape.parameters
        yield sized, planned
