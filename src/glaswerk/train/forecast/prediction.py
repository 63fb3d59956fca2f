"""The prediction of a run: what a plan takes on a device of the table or on this machine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from glaswerk.plan.devices import device_named
from glaswerk.plan.estimate import RunEstimate, Work, assumed_rate
from glaswerk.train.batches.batches import Sampler
from glaswerk.train.forecast.probe import here, training_rate
from glaswerk.train.machine.precision import resolve

if TYPE_CHECKING:
    from glaswerk.train.plan import TrainPlan

HERE = "here"
# The probe before a run may take this share of its predicted time, and at most this many seconds.
_PROBE_SHARE, _PROBE_SECONDS = 0.01, 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """The hardware a prediction is for: `devices` of one kind, `here` for this machine.

    `probe`: measure real training steps. `price_per_hour` is for all devices, `watts` for one; 0 = unknown.
    """

    device: str = HERE
    devices: int = 1
    probe: bool = False
    price_per_hour: float = 0.0
    watts: float = 0.0


def predict(planned: TrainPlan, where: Target, sampler: Sampler) -> RunEstimate:
    """What `planned` takes on the target; a probe trains on the first batches of `sampler`.

    Raises GlaswerkError for a device that is not in the table.
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
    return RunEstimate(work, rate, device.gigabytes * 1e9, watts, where.price_per_hour)


def predict_run(planned: TrainPlan, sampler: Sampler, devices: int) -> RunEstimate:
    """The prediction stored with a run, from a probe of at most one per cent of its predicted time.

    A run on several devices is not probed: the probe puts the complete network on one.
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
    """The precision that the run would choose: by its probe on this machine, bf16 on a GPU of the table."""
    if precision == "auto" and where.device != HERE:
        return "bf16"
    return resolve(precision)


def _micro_tokens(planned: TrainPlan, devices: int) -> int:
    """Tokens that one device computes at once."""
    rows = planned.loop.micro_rows or -(-planned.rows // devices)
    return min(rows, planned.rows) * planned.shape.context
