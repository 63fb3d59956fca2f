"""TODO src/glaswerk/cli/tables.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    pass


def rows(figures: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(name, figure, note) of what a prediction says."""
    shape, parts, flops = figures["shape"], figures["parameters"], figures["flops"]
    yield (
        "parameters",
        f"{parts['total']:,}",
        f"tables {parts['embedding'] + parts['output']:,}  attention {parts['attention']:,}  "
        f"MLP {parts['feed_forward']:,}",
    )
    yield (
        "network",
        f"{shape['layers']} x {shape['width']}",
        f"{shape['heads']} heads, MLP {shape['feed_forward']:,}, context {shape['context']:,}, "
        f"vocabulary {shape['vocab_size']:,}",
    )
    yield "tokens", f"{figures['tokens']:,}", f"{figures['steps']:,} steps, {figures['epochs']:g} epochs"
    attention = flops["attention_per_token"] / flops["per_token"]
    yield "FLOPs", f"{flops['total']:.3g}", f"{flops['per_token']:.3g} a token, {attention:.0%} attention"
    yield from _memory(figures)
    yield "tokens/s", f"{figures['tokens_per_second']:,.0f}", figures["rate_basis"]
    yield "MFU", f"{figures['utilisation']:.1%}", f"of {figures['peak_flops'] / 1e12:,.3g} TFLOP/s"
    yield "time", duration(figures["seconds"]), f"of {figures['devices']} device(s), training steps alone"
    yield _priced(figures)
    yield _energy(figures)
    yield from _quality(figures["bits_per_byte"])


def _quality(found: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    interval = f"{found['low']:.2f} to {found['high']:.2f}"
    note = "on held-out English text of the ladder (docs/scaling.md); other text differs by a factor"
    yield "bits per byte", f"{found['bits']:.2f}", f"{interval}; {note}"
    for words in found["beyond"]:
        yield "", "", f"an extrapolation: {words}"


def _memory(figures: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for degree, memory in figures["memory"].items():
        parts = "  ".join(
            f"{name} {_gigabytes(memory[name])}"
            for name in ("weights", "gradients", "optimizer", "activations")
        )
        label = "memory a device" if degree == "1" else f"  sharded over {degree}"
        room = f"fits in {_gigabytes(figures['memory_capacity'])}"
        short = f"does NOT fit in {_gigabytes(figures['memory_capacity'])}"
        yield label, _gigabytes(memory["total"]), f"{parts}  {room if memory['fits'] else short}"


def _priced(figures: dict[str, Any]) -> tuple[str, str, str]:
    if figures["price"] is None:
        return "price", "not known", "--price-per-hour says what an hour costs"
    return "price", f"{figures['price']:,.2f}", "in the currency of --price-per-hour"


def _energy(figures: dict[str, Any]) -> tuple[str, str, str]:
    if figures["kilowatt_hours"] is None:
        return "energy", "not known", "--watts says what a device draws"
    return "energy", f"{figures['kilowatt_hours']:,.3g} kWh", f"{figures['watts']:g} W a device, at full load"


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.0f} s"


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
