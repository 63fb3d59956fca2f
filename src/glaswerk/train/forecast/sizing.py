"""The size that a budget of time or money pays for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from glaswerk.plan.budget import largest_within, parse_budget
from glaswerk.plan.flops import flops_of
from glaswerk.tokenizer import Shards
from glaswerk.train.forecast.prediction import Target, predict
from glaswerk.train.plan import TrainConfig, TrainPlan, plan, sampler_of

# A tenth of Chinchilla's, epochs counted: with fewer tokens a parameter, time buys what is known by heart.
_LEAST_TOKENS = 2
# Sizes that a budget chooses from, as quarters of a power of two: 65 k to 64 G parameters.
_SMALLEST, _LARGEST = 64, 144


def within_budget(shards: Shards, config: TrainConfig, where: Target, budget: str) -> TrainConfig:
    """`config` with the largest size that `budget` trains there, but none that the corpus cannot fill."""
    seconds = parse_budget(budget, where.price_per_hour)
    chosen = _largest(shards, config, replace(where, probe=False), seconds)
    if where.probe:
        # Networks of one family reach about the same share of the peak: the first choice's serves for all.
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
    """Networks from the smallest up to the last that has its tokens; of a tiny corpus, the smallest alone."""
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
