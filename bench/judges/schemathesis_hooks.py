"""Hooks for schemathesis: requests name the model that is served and ask for short answers."""

from __future__ import annotations

import os
from typing import Any

import schemathesis

MODEL = os.environ.get("GLASWERK_MODEL", "chat")
_LENGTHS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


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
    if isinstance(body.get("n"), int) and body["n"] > 2:
        body["n"] = 2
