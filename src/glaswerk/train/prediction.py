"""The prediction of a run: what the dial derives, on a device of the table or on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from glaswerk.plan.budget import largest_within, parse_budget
from glaswerk.plan.devices import device_named
from glaswerk.plan.estimate import Estimate, Work, assumed_rate
from glaswerk.plan.flops import flops_of
from glaswerk.tokenizer import Shards
from glaswerk.train.batches import Sampler
from glaswerk.train.precision import resolve
from glaswerk.train.pretrain import Plan, TrainConfig, plan, sampler_of
from glaswerk.train.probe import here, training_rate

HERE = "here"
# Of a run whose length is not asked for beforehand, the probe may take this share.
_PROBE_SHARE, _PROBE_SECONDS = 0.01, 10.0
# A tenth of Chinchilla's, epochs counted: with fewer tokens a parameter, time buys what is known by heart.
_LEAST_TOKENS = 2
# Sizes that a budget chooses from, as quarters of a power of two: 65 k to 64 G parameters.
_SMALLEST, _LARGEST = 64, 144


@dataclass(frozen=True, slots=True)
class Where:
    """On what a run would take place. `price_per_hour` is for all devices, `watts` for one; 0 = not said."""

    device: str = HERE
    devices: int = 1
    probe: bool = False
    price_per_hour: float = 0.0
    watts: float = 0.0


def predict(planned: Plan, where: Where, sampler: Sampler) -> Estimate:
    """What `planned` takes there; a probe trains on the first batches of `sampler`.

    Raises GlaswerkError for a device that the table has not.
    """
    precision = _precision(planned.loop.precision, where)
    device = here(precision) if where.device == HERE else device_named(where.device)
    work = Work(
        planned.shape, planned.tokens, _micro_tokens(planned, where.devices), precision, where.devices
    )
    rate = assumed_rate(work, device)
    if where.probe:
        rate = training_rate(work, sampler, peak=rate.peak, seconds=_PROBE_SECONDS)
    watts = where.watts or device.watts
    return Estimate(work, rate, device.gigabytes * 1e9, watts, where.price_per_hour)


def predict_run(planned: Plan, sampler: Sampler, devices: int = 1) -> Estimate:
    """The prediction that a run keeps: by a probe of at most one per cent of the time that it will take."""
    where = Where(devices=devices)
    assumed = predict(planned, where, sampler)
    seconds = min(_PROBE_SECONDS, _PROBE_SHARE * assumed.seconds)
    if seconds < 1:
        return assumed
    return replace(
        assumed, rate=training_rate(assumed.work, sampler, peak=assumed.rate.peak, seconds=seconds)
    )


def within_budget(shards: Shards, config: TrainConfig, where: Where, budget: str) -> TrainConfig:
    """`config` with the largest size that `budget` trains there, but none that the corpus cannot fill."""
    seconds = parse_budget(budget, where.price_per_hour)
    chosen = _largest(shards, config, replace(where, probe=False), seconds)
    if where.probe:
        # Networks of one family reach about the same share of the peak: the first choice's serves for all.
        chosen = _largest(shards, replace(config, size=chosen.size), where, seconds)
    return chosen


def _largest(shards: Shards, config: TrainConfig, where: Where, seconds: float) -> TrainConfig:
    planned = plan(shards, config)
    reference = predict(planned, where, sampler_of(shards, config, planned.rows))
    speed = reference.rate.utilisation(reference.work.shape) * reference.rate.peak * where.devices

    def duration(candidate: tuple[TrainConfig, Plan]) -> float:
        planned = candidate[1]
        return planned.tokens * flops_of(planned.shape).per_token / speed

    return largest_within(_filled(shards, config), duration, seconds)[0]


def _filled(shards: Shards, config: TrainConfig) -> Iterator[tuple[TrainConfig, Plan]]:
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


def _precision(precision: str, where: Where) -> str:
    """As the run would choose it: on this machine by its probe, on a GPU of the table bf16."""
    if precision == "auto" and where.device != HERE:
        return "bf16"
    return resolve(precision)


def _micro_tokens(planned: Plan, devices: int) -> int:
    """Tokens that one device has at once."""
    rows = planned.loop.micro_rows or -(-planned.rows // devices)
    return min(rows, planned.rows) * planned.shape.context
