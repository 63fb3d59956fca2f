"""Counts of tokens that are estimates say so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from glaswerk.serve.answering.answer import Answerer
from glaswerk.serve.contract.schema import Schema

# A field of ours, as no client expects to be told.
ESTIMATED: Mapping[str, Schema] = {
    "glaswerk": {
        "type": "object",
        "required": ["estimated"],
        "properties": {"estimated": {"type": "boolean", "enum": [True]}},
    }
}


def estimated(answerer: Answerer) -> dict[str, Any]:
    """What is added to a count: nothing where the model's own tokenizer counted."""
    return {} if answerer.exact else {"glaswerk": {"estimated": True}}
