"""What is made before a run is kept for the runs that resume it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from glaswerk.train.report.monitor import kept, peak_megabytes


def test_a_prediction_is_made_once_and_read_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "run" / "prediction.json"
    assert kept(path, lambda: {"seconds": 5}) == {"seconds": 5}
    assert kept(path, lambda: {"seconds": 9}) == {"seconds": 5}
    assert json.loads(path.read_text()) == {"seconds": 5}


def test_what_cannot_be_made_is_not_kept(tmp_path: Path) -> None:
    def fail() -> dict[str, int]:
        raise ValueError("no")

    path = tmp_path / "prediction.json"
    with pytest.raises(ValueError, match="no"):
        kept(path, fail)
    assert kept(path, lambda: {"a": 1}) == {"a": 1}


def test_the_peak_of_memory_never_falls() -> None:
    first = peak_megabytes()
    block = bytearray(1 << 20)
    assert peak_megabytes() >= first > len(block) / 1e6
