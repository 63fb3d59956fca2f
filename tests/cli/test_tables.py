"""Figures in tables: units that fit, columns that line up, nothing that is not known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.cli.tables import columns, duration, prediction_rows, size_words


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_234_567, "1.2 MB"),
        (8_700_000_000, "8.7 GB"),
        (5 * 10**12, "5.0 TB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_bytes_are_said_in_the_unit_that_fits(count: int, words: str) -> None:
    assert size_words(count) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (119, "119 s"),
        (120, "2.0 min"),
        (7199, "120.0 min"),
        (7200, "2.0 h"),
        (200_000, "2.3 days"),
    ],
)
def test_durations_are_said_in_the_unit_that_fits(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@given(
    st.lists(st.lists(st.text("abc ", max_size=9), min_size=3, max_size=3), max_size=5),
    st.sets(st.integers(0, 2)),
)
def test_columns_begin_and_end_at_the_same_place_in_every_line(
    rows: list[list[str]], right: set[int]
) -> None:
    head = ["name", "size", "state"]
    lines = list(columns(head, rows, right))
    assert len(lines) == len(rows) + 1
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(3)]
    for row, line in zip([head, *rows], lines, strict=True):
        padded = line.ljust(sum(widths) + 4)
        start = 0
        for i, cell in enumerate(row):
            shown = padded[start : start + widths[i]]
            assert shown == (cell.rjust(widths[i]) if i in right else cell.ljust(widths[i]))
            start += widths[i] + 2


@pytest.fixture
def figures() -> dict[str, Any]:
    """The prediction of a run, as `plan --json` prints it."""
    part = {"weights": 8e6, "gradients": 8e6, "optimizer": 1.1e7, "activations": 2.2e9, "total": 2.3e9}
    return {
        "shape": {
            "layers": 3,
            "width": 192,
            "heads": 3,
            "feed_forward": 512,
            "context": 256,
            "vocab_size": 4096,
        },
        "parameters": {
            "embedding": 786432,
            "output": 0,
            "attention": 442368,
            "feed_forward": 884736,
            "total": 2115264,
        },
        "tokens": 1784408,
        "steps": 876,
        "epochs": 8.0,
        "flops": {"total": 25785923272704, "per_token": 14450688, "attention_per_token": 1769472},
        "memory": {"1": {**part, "fits": True}, "8": {**part, "fits": False}},
        "memory_capacity": 25e9,
        "tokens_per_second": 4406.3,
        "rate_basis": "assumed",
        "utilisation": 0.5,
        "peak_flops": 127e9,
        "devices": 1,
        "seconds": 405.0,
        "price": None,
        "kilowatt_hours": None,
        "watts": None,
        "bits_per_byte": {"bits": 2.0, "low": 1.91, "high": 2.08, "beyond": ["more tokens than measured"]},
    }


def test_a_prediction_names_its_figures_and_what_it_does_not_know(figures: dict[str, Any]) -> None:
    rows = {name: (value, note) for name, value, note in prediction_rows(figures)}
    assert rows["parameters"][0] == "2,115,264"
    assert rows["time"][0] == "6.8 min"
    assert rows["price"] == ("not known", "--price-per-hour gives the price of an hour")
    assert rows["energy"] == ("not known", "--watts gives the power of a device")
    assert "an extrapolation: more tokens than measured" in rows[""][1]


def test_a_prediction_says_on_how_many_devices_it_fits(figures: dict[str, Any]) -> None:
    rows = {name: note for name, _, note in prediction_rows(figures)}
    assert "fits in 25.00 GB" in rows["memory per device"]
    assert "does NOT fit in 25.00 GB" in rows["  sharded over 8"]


def test_price_and_energy_are_shown_once_they_are_known(figures: dict[str, Any]) -> None:
    known = {**figures, "price": 12.5, "kilowatt_hours": 0.1234, "watts": 700.0}
    rows = {name: value for name, value, _ in prediction_rows(known)}
    assert rows["price"] == "12.50"
    assert rows["energy"] == "0.123 kWh"
