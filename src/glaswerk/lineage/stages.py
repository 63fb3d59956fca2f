"""The stages that models are trained in, and the splits of its shards that each stage learns from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRETRAIN, CHAT = "pretrain", "chat"
# The stage of weights from elsewhere (see `glaswerk adopt`).
ADOPTED = "adopted"


def stage_of(config: Mapping[str, Any]) -> str:
    """The stage of a model by its config: pretrain, chat, dpo, grpo or adopted.

    The first version of the package trained nothing else than pretrained models and did not record a stage.
    """
    return str(config.get("stage", PRETRAIN))


def trained_splits(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The splits of its shards that a model was trained on in its own stage."""
    stage = stage_of(config)
    if stage == CHAT:
        return ("chat", "train") if config.get("replay") else ("chat",)
    split = "train" if stage == PRETRAIN else config.get("split", "")
    return (split,) if split else ()
