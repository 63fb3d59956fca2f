"""Which splits a stage learns from."""

from __future__ import annotations

from typing import Any

import pytest

from glaswerk.lineage.stages import ADOPTED, stage_of, trained_splits


@pytest.mark.parametrize(
    ("config", "stage", "splits"),
    [
        ({}, "pretrain", ("train",)),
        ({"stage": "pretrain"}, "pretrain", ("train",)),
        ({"stage": "chat"}, "chat", ("chat",)),
        ({"stage": "chat", "replay": 0.0}, "chat", ("chat",)),
        ({"stage": "chat", "replay": 0.25}, "chat", ("chat", "train")),
        ({"stage": "dpo", "split": "preference"}, "dpo", ("preference",)),
        ({"stage": "grpo"}, "grpo", ()),
        ({"stage": "grpo", "split": ""}, "grpo", ()),
        ({"stage": ADOPTED}, "adopted", ()),
        ({"stage": "of a later version", "split": "new"}, "of a later version", ("new",)),
    ],
)
def test_a_stage_learns_from_its_splits(config: dict[str, Any], stage: str, splits: tuple[str, ...]) -> None:
    assert stage_of(config) == stage
    assert trained_splits(config) == splits
