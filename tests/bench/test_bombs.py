"""Small files that cost much end within their bounds, with documents, counts or our error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from bench.bombs import Bomb, Readers, bombs, limits  # noqa: E402


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        found = Readers()
        yield found
        found.close()


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("bomb", bombs(), ids=lambda bomb: bomb.name)
def test_a_bomb_ends_within_its_bounds(readers: Readers, bomb: Bomb, tmp_path: Path) -> None:
    cost = readers.measure(bomb, tmp_path)
    seconds, memory = limits(bomb, cost.size)
    assert cost.good, cost.ended
    assert cost.memory <= memory
    # Seconds of the processor, so that a busy machine does not decide.
    assert cost.seconds <= seconds
