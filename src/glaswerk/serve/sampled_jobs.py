"""What jobs of several endpoints share: a seed for each choice, biases within the vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from glaswerk.serve.errors import ApiError
from glaswerk.serve.served_model import ServedModel


def seeded(sampling: Mapping[str, Any], index: int) -> dict[str, Any]:
    """Sampling of the choice `index`: its seed follows from the request's."""
    seed = sampling["seed"]
    return dict(sampling) if seed is None or index == 0 else {**sampling, "seed": f"{seed}.{index}"}


def check_bias(served: ServedModel, biases: Sequence[tuple[int, float]]) -> None:
    """Raises ApiError 400 for a token id that the model does not have."""
    size = served.engine.tokenizer.vocab_size
    beyond = next((token for token, _ in biases if token >= size), None)
    if beyond is not None:
        message = f"logit_bias must have token ids below {size:,}, found {beyond}"
        raise ApiError(400, message, param="logit_bias", code="invalid_value")
