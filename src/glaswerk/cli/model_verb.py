"""`glaswerk model ls|show|rm`."""

from __future__ import annotations

from collections.abc import Mapping

from glaswerk.cli.nouns import Noun, noun_group
from glaswerk.lab.artifact import Artifact


def _facts(model: Artifact) -> Mapping[str, str]:
    parameters = model.stats.get("parameters")
    return {
        "stage": str(model.config.get("stage", "pretrain")),
        "parameters": f"{parameters:,}" if parameters else "not known",
    }


command = noun_group(Noun("model", "models", "chat", "glaswerk train", _facts))
