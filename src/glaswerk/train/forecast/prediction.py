"""The prediction of a run: what the dial derives, on a device of the table or on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glaswerk.plan.devices import device_named
from glaswerk.plan.estimate import Estimate, Work, assumed_rate
from glaswerk.train.batches.batches import Sampler
from glaswerk.train.forecast.probe import here, training_rate
from glaswerk.train.machine.precision import resolve

if TYPE_CHECKING:
    from glaswerk.train.plan import TrainPlan

HERE = "here"
# Of a run whose length is not asked for beforehand, the probe may take this share.
_PROBE_SHARE, _PROBE_SECONDS = 0.01, 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """On what a run would take place. `price_per_hour` is for all devices, `watts` for one; 0 = not said."""

    device: str = HERE
    devices: int = 1
    probe: bool = False
    price_per_hour: float = 0.0
    watts: float = 0.0


def predict(planned: TrainPlan, where: Target, sampler: Sampler) -> Estimate:
    """What `planned` takes there; a probe trains on the first batches of `sampler`.

    Raises GlaswerkError for a device that the table has not.
    """
    precision = _precision(planned.loop.precision, where)
    device = here(precision) if where.device == HERE else device_named(where.device)
    work = Work(
        planned.shape,
        planned.tokens,
        _micro_tokens(planned, where.devices),
        precision,
        where.devices,
        corpus_tokens=round(planned.tokens / planned.epochs) if planned.epochs else 0,
    )
    rate = assumed_rate(work, device)
    if where.probe:
        rate = training_rate(work, sampler, peak=rate.peak, seconds=_PROBE_SECONDS)
    watts = where.watts or device.watts
    return Estimate(work, rate, device.gigabytes * 1e9, watts, where.price_per_hour)


def predict_run(planned: TrainPlan, sampler: Sampler, devices: int) -> Estimate:
    """The prediction that a run keeps: by a probe of at most one per cent of the time that it will take.

    A run on several devices is not probed: the probe has the whole network on one.
    """
    where = Target(devices=devices)
    assumed = predict(planned, where, sampler)
    seconds = min(_PROBE_SECONDS, _PROBE_SHARE * assumed.seconds)
    if seconds < 1 or devices > 1:
        return assumed
    return replace(
        assumed, rate=training_rate(assumed.work, sampler, peak=assumed.rate.peak, seconds=seconds)
    )


def _precision(precision: str, where: Target) -> str:
    """As the run would choose it: on this machine by its probe, on a GPU of the table bf16."""
    if precision == "auto" and where.device != HERE:
        return "bf16"
    return resolve(precision)


def _micro_tokens(planned: TrainPlan, devices: int) -> int:
    """Tokens that one device has at once."""
    rows = planned.loop.micro_rows or -(-planned.rows // devices)
    return min(rows, planned.rows) * planned.shape.context
