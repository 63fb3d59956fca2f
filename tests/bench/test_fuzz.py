"""The seeds of the fuzzer are files that are read whole, and damage to them raises only our errors."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench.fuzz import read, run  # noqa: E402
from bench.seed import Seed  # noqa: E402
from bench.seeds import seeds  # noqa: E402
from glaswerk.lab import Lab  # noqa: E402


def _name(seed: Seed) -> str:
    return f"{seed.verb}-{seed.name}"


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(), ids=_name)
def test_every_seed_is_a_file_that_is_read(empty_lab: Lab, tmp_path: Path, seed: Seed) -> None:
    path = tmp_path / seed.name
    path.write_bytes(seed.wrap(seed.content))
    assert read(empty_lab, seed, path, "whole") == "read"


@pytest.mark.slow
def test_a_short_run_over_all_readers_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    counts, findings = run(0.5, 7, "", tmp_path)
    assert counts.total() > 0
    assert findings == []
