"""The README's figures are those that docs/figures.py wrote."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_figures", ROOT / "docs" / "figures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


figures = _load()


def run(seed: int, precision: str, value: float, *, without: str = "") -> dict[str, Any]:
    figure = {"value": value, "low": value - 0.05, "high": value + 0.02, "chance": 0.075, "n": 1440}
    return {
        "seed": seed,
        "precision": precision,
        "date": "2026-11-28",
        "parameters": 2_100_000,
        "tokens": [1_110_000, 940_000 + seed * 10_000],
        "questions": 1440,
        "lean": "no measurable lean",
        "figures": {name: figure for name in figures.ROWS if name != without},
    }


RUNS = [run(7, "fp32", 0.9), run(8, "bf16", 0.95), run(9, "fp32", 0.93)]


def test_the_readme_says_what_the_stored_runs_say() -> None:
    runs = json.loads(figures.FIGURES.read_text())
    page = figures.README.read_text()
    assert figures.rewritten(page, runs) == page


def test_a_row_holds_the_lowest_and_highest_run_and_all_of_their_intervals() -> None:
    rows = figures.block(RUNS).splitlines()
    declined = next(row for row in rows if "outside the town" in row)
    assert "| 90.0–95.0 % | 85.0–97.0 | 7.5 % |" in declined
    assert (
        "3 runs, each with a town and a training of its own (seed 7, 8, 9; matrix products in fp32 and bf16)"
        in " ".join(rows)
    )


def test_what_no_run_measured_has_no_row() -> None:
    found = figures.block([run(7, "fp32", 0.9, without="declined")])
    assert "outside the town" not in found
    assert "two statements" in found


def test_the_rest_of_the_page_is_kept() -> None:
    page = f"before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n"
    new = figures.rewritten(page, RUNS)
    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "old" not in new
    assert figures.rewritten(new, RUNS) == new


@pytest.mark.parametrize("values", [[0.5], [0.5, 0.5]])
def test_equal_figures_make_no_range(values: list[float]) -> None:
    found = figures.block([run(n, "fp32", value) for n, value in enumerate(values)])
    assert "| 50.0 % | 45.0–52.0 |" in found
