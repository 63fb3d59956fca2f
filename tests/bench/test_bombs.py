"""Small files that cost much end within their bounds, with documents, counts or our error."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench.bombs import Bomb, bombs, limits, measure  # noqa: E402


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("bomb", bombs(), ids=lambda bomb: bomb.name)
def test_a_bomb_ends_within_its_bounds(bomb: Bomb, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    cost = measure(bomb, tmp_path)
    _, memory = limits(bomb, cost.size)
    assert cost.ended.startswith("refused: ") or " documents, left out" in cost.ended
    assert cost.memory <= memory
