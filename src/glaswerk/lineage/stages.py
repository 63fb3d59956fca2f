"""The stages that models are trained in, and the splits of its shards that each stage learns from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRETRAIN, CHAT = "pretrain", "chat"
# Pretraining that goes on from another model (see `train.continued`).
CONTINUE = "continue"
# The stage of weights from elsewhere (see `glaswerk adopt`).
ADOPTED = "adopted"


def stage_of(config: Mapping[str, Any]) -> str:
    """The stage of a model by its config: pretrain, continue, chat, dpo, grpo or adopted.

    The first version of the package trained nothing else than pretrained models and did not record a stage.
    """
    return str(config.get("stage", PRETRAIN))


def is_chat(config: Mapping[str, Any]) -> bool:
    """Whether a model is made for dialogues: tuned on them, or, continued or not, adopted with a template."""
    return stage_of(config) not in (PRETRAIN, ADOPTED, CONTINUE) or bool(config.get("chat"))


def trained_splits(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The splits of its shards that a model was trained on in its own stage."""
    stage = stage_of(config)
    if stage == CHAT:
        return ("chat", "train") if config.get("replay") else ("chat",)
    split = "train" if stage == PRETRAIN else config.get("split", "")
    return (split,) if split else ()
