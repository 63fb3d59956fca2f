"""What a run will take: speed, hours, price and energy, from its work and a device or a probe."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from glaswerk.plan.devices import Device
from glaswerk.plan.flops import FORMULA, flops_of, parameters_of
from glaswerk.plan.laws import Prediction, predicted_bits
from glaswerk.plan.memory import Memory, memory_of
from glaswerk.plan.shape import Shape, at_depth


@dataclass(frozen=True, slots=True)
class Work:
    """A run: `tokens` in total, `micro_tokens` per micro-batch on each device; state is sharded evenly.

    `corpus_tokens`: tokens of one epoch.
    """

    shape: Shape
    tokens: int
    micro_tokens: int
    precision: str
    devices: int = 1
    corpus_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Rate:
    """Tokens per second on one device; `basis` says in words whether it was measured or assumed.

    `peak`: the FLOP/s that `utilisation` is a share of.
    """

    tokens_per_second: float
    basis: str
    peak: float
    measured: bool

    def utilisation(self, shape: Shape) -> float:
        """Model FLOPs utilisation (MFU): the FLOPs of the formula per second, divided by the peak."""
        return self.tokens_per_second * flops_of(shape).per_token / self.peak


def assumed_rate(work: Work, device: Device) -> Rate:
    """The speed of `device` at the utilisation that its entry assumes."""
    peak, shape = device.teraflops * 1e12, work.shape
    share = device.utilisation * min(1.0, shape.width / device.wide)
    seconds = work.micro_tokens * flops_of(shape).per_token / (peak * share)
    seconds = max(seconds, shape.layers * device.layer_seconds)
    rate = Rate(work.micro_tokens / seconds, "", peak, measured=False)
    words = f"{peak / 1e12:,.0f} TFLOP/s" if peak >= 1e13 else f"{peak / 1e9:,.0f} GFLOP/s"
    basis = f"assumed: {rate.utilisation(shape):.2g} of {words}, {device.name} ({device.source})"
    return replace(rate, basis=basis)


@dataclass(frozen=True, slots=True)
class RunEstimate:
    """The prediction of a run, to compare with its result. Unknown figures are None.

    `capacity`: bytes of memory of one device; `watts`: of one device; `price_per_hour`: 0 if unknown.
    """

    work: Work
    rate: Rate
    capacity: float
    watts: float | None
    price_per_hour: float

    @property
    def seconds(self) -> float:
        """Training steps only, not start, validation or checkpoints; n devices are n times as fast."""
        return self.work.tokens / (self.rate.tokens_per_second * self.work.devices)

    @property
    def price(self) -> float | None:
        """In the currency of `price_per_hour`, which covers all devices together."""
        return self.price_per_hour * self.seconds / 3600 if self.price_per_hour else None

    @property
    def kilowatt_hours(self) -> float | None:
        """Of the devices at full load; the rest of the machine and cooling are not included."""
        return self.watts * self.work.devices * self.seconds / 3.6e6 if self.watts else None

    @property
    def quality(self) -> Prediction:
        """Validation bits per byte by the law that was fitted to the ladder."""
        work = self.work
        found = predicted_bits(work.shape.parameters, work.tokens, corpus_tokens=work.corpus_tokens)
        if work.shape == at_depth(work.shape.layers, work.shape.vocab_size, work.shape.context):
            return found
        return replace(found, beyond=("the ladder had no network of this shape", *found.beyond))

    def memory(self) -> dict[int, Memory]:
        """Memory of one device by sharding degree: 1, then every power of two up to the number of devices."""
        degrees = [1]
        while degrees[-1] * 2 <= self.work.devices:
            degrees.append(degrees[-1] * 2)
        work = self.work
        return {
            degree: memory_of(
                work.shape, micro_tokens=work.micro_tokens, precision=work.precision, sharding=degree
            )
            for degree in degrees
        }

    def to_json(self) -> dict[str, Any]:
        """Every figure; saved with the run."""
        work, parameters, flops = self.work, parameters_of(self.work.shape), flops_of(self.work.shape)
        return {
            "shape": asdict(work.shape),
            "parameters": {**asdict(parameters), "total": parameters.total},
            "tokens": work.tokens,
            "micro_tokens": work.micro_tokens,
            "precision": work.precision,
            "devices": work.devices,
            "flops": {
                "formula": FORMULA,
                "per_token": flops.per_token,
                "attention_per_token": flops.attention,
                "total": flops.per_token * work.tokens,
            },
            "memory": {
                str(degree): {**asdict(memory), "total": memory.total, "fits": memory.total <= self.capacity}
                for degree, memory in self.memory().items()
            },
            "memory_capacity": self.capacity,
            "tokens_per_second": round(self.rate.tokens_per_second * work.devices, 1),
            "rate_basis": self.rate.basis,
            "rate_measured": self.rate.measured,
            "peak_flops": self.rate.peak,
            "utilisation": round(self.rate.utilisation(work.shape), 4),
            "seconds": round(self.seconds, 1),
            "hours": self.seconds / 3600,
            "watts": self.watts,
            "bits_per_byte": asdict(self.quality),
            "price": self.price,
            "kilowatt_hours": self.kilowatt_hours,
        }
