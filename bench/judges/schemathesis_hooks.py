"""Hooks for schemathesis: requests name the model that is served and ask for short answers.

Half of the valid ids of vector stores become that of the lab's own corpus, so that searches find something.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis

MODEL = os.environ.get("GLASWERK_MODEL", "chat")
_LAB = "vs_lab"
_LENGTHS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@schemathesis.hook
def map_path_parameters(_: Any, found: dict[str, Any] | None) -> dict[str, Any] | None:
    """The id of a vector store, half of the time."""
    name = (found or {}).get("vector_store_id")
    if found and isinstance(name, str) and len(name) % 2:
        found["vector_store_id"] = _LAB
    return found


@schemathesis.hook
def before_call(_: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """A valid model name becomes the served one's, a valid length at most four tokens; faults stay faults."""
    body = case.body
    if not isinstance(body, dict):
        return
    if isinstance(body.get("model"), str) and 0 < len(body["model"]) <= 256:
        body["model"] = MODEL
    for name in _LENGTHS:
        if type(body.get(name)) is int and body[name] > 4:
            body[name] = 4
    for tool in body["tools"] if isinstance(body.get("tools"), list) else ():
        if isinstance(tool, dict) and isinstance(tool.get("vector_store_ids"), list):
            ids = tool["vector_store_ids"]
            tool["vector_store_ids"] = [_LAB if _is_id(one) and len(one) % 2 else one for one in ids]
    if isinstance(body.get("n"), int) and body["n"] > 2:
        body["n"] = 2


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 128
