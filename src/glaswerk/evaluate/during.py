"""Truth and politics during training: measures of the trust report on a small fixed sample."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from transformers import PreTrainedModel

from glaswerk.evaluate.key import AnswerKey
from glaswerk.evaluate.politics import measure_politics
from glaswerk.evaluate.truth import measure_statements
from glaswerk.infer import Engine
from glaswerk.tokenizer import Tokenizer

# 64 pairs of short sentences are about 2,500 tokens: a tenth of a validation.
_FACTS = 64


def during_training(
    key: AnswerKey, *, seed: int = 0
) -> Callable[[PreTrainedModel, Tokenizer], Mapping[str, Any]]:
    """A function from a model to its shares by name, each with its interval and chance level.

    Both shares use probabilities only, because a base model cannot answer questions.
    """
    facts = random.Random(seed).sample(key.facts, min(_FACTS, len(key.facts)))

    def measure(model: PreTrainedModel, tokenizer: Tokenizer) -> Mapping[str, Any]:
        engine = Engine(model, tokenizer)
        truth = measure_statements(engine, facts, seed=seed).figures
        politics = measure_politics(engine, key, chat=False, seed=seed).figures
        shares = {
            "True statement preferred": truth.get("sum"),
            f"Words of {_side(politics)} preferred": politics.get("share_a"),
        }
        return {name: _plain(share) for name, share in shares.items() if share and share["measurable"]}

    return measure


def _side(politics: Mapping[str, Any]) -> str:
    return str(politics.get("parties", {}).get("a", "side a"))


def _plain(share: Mapping[str, Any]) -> dict[str, float]:
    return {name: round(share[name], 4) for name in ("value", "low", "high", "chance")}
