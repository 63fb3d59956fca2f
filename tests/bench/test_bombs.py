"""Small files that cost much end within their bounds, with documents, counts or our error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
# Well within their bounds when measured (bench/README.md). CI runs these; `pytest -m bombs` runs all.
QUICK = (
    "packed/overlap.zip",
    "packed/same-header.zip",
    "packed/window.txt.zst",
    "posts/nested.zip",
    "posts/empty.zip",
    "posts/entities.zip",
    "posts/dump-nested.jsonl",
    "posts/outbox-html.json",
    "chats/turns.jsonl",
    "chats/nested.json",
    "chats/circle.json",
    "docx/nested.docx",
    "docx/attributes.docx",
    "docx/words.docx",
    "odt/nested.odt",
    "odt/cells.ods",
    "rtf/nested.rtf",
    "epub/overlap",
    "epub/nested",
)
sys.path.insert(0, str(ROOT))

from bench.bombs import Bomb, Readers, bombs, limits  # noqa: E402


@pytest.fixture(scope="module")
def readers() -> Iterator[Readers]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        found = Readers()
        yield found
        found.close()


def _marked(bomb: Bomb) -> Any:
    marks = [pytest.mark.slow, pytest.mark.bombs] if bomb.name in QUICK else [pytest.mark.bombs]
    return pytest.param(bomb, id=bomb.name, marks=marks)


def test_the_quick_ones_are_among_the_bombs() -> None:
    assert set(QUICK) <= {bomb.name for bomb in bombs()}


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("bomb", [_marked(bomb) for bomb in bombs()])
def test_a_bomb_ends_within_its_bounds(readers: Readers, bomb: Bomb, tmp_path: Path) -> None:
    cost = readers.measure(bomb, tmp_path)
    seconds, memory = limits(bomb, cost)
    assert cost.good, cost.ended
    assert cost.memory <= memory
    # Seconds of the processor, so that a busy machine does not decide.
    assert cost.seconds <= seconds
