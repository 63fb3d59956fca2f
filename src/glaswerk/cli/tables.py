"""Tables in the terminal: the prediction of a run, artifacts of the lab, columns that line up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from glaswerk.core.terminal import one_line


def columns(head: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> Iterator[str]:
    """Lines of a table whose columns line up; those in `right` are aligned to the right."""
    lines = [[one_line(cell) for cell in line] for line in (head, *rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def size_words(count: int) -> str:
    """Bytes in decimal units: "512 B", "1.2 MB"."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def prediction_rows(figures: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(name, figure, note) for each line of the prediction of a run, from its JSON."""
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
    yield "FLOPs", f"{flops['total']:.3g}", f"{flops['per_token']:.3g} per token, {attention:.0%} attention"
    yield from _memory(figures)
    yield "tokens/s", f"{figures['tokens_per_second']:,.0f}", figures["rate_basis"]
    yield "MFU", f"{figures['utilisation']:.1%}", f"of {figures['peak_flops'] / 1e12:,.3g} TFLOP/s"
    yield "time", duration(figures["seconds"]), f"of {figures['devices']} device(s), training steps only"
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
        label = "memory per device" if degree == "1" else f"  sharded over {degree}"
        room = f"fits in {_gigabytes(figures['memory_capacity'])}"
        short = f"does NOT fit in {_gigabytes(figures['memory_capacity'])}"
        yield label, _gigabytes(memory["total"]), f"{parts}  {room if memory['fits'] else short}"


def _priced(figures: dict[str, Any]) -> tuple[str, str, str]:
    if figures["price"] is None:
        return "price", "not known", "--price-per-hour gives the price of an hour"
    return "price", f"{figures['price']:,.2f}", "in the currency of --price-per-hour"


def _energy(figures: dict[str, Any]) -> tuple[str, str, str]:
    if figures["kilowatt_hours"] is None:
        return "energy", "not known", "--watts gives the power of a device"
    return (
        "energy",
        f"{figures['kilowatt_hours']:,.3g} kWh",
        f"{figures['watts']:g} W per device, at full load",
    )


def duration(seconds: float) -> str:
    """Seconds in the unit that suits them: "90 s", "2.5 min", "3.0 h"."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.1f} {unit}"
    return f"{seconds:.0f} s"


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:,.2f} GB" if count >= 1e9 else f"{count / 1e6:,.1f} MB"
