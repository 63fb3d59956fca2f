"""Compile a grammar in a process of its own first, so that none can hold up or exhaust the server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_WORKER = Path(__file__).with_name("check_worker.py")
# An ordinary schema takes milliseconds, the largest that OpenAI takes less than a second.
_SECONDS = 2
_BYTES = 2 << 30
# On a machine so busy that two seconds of work take a minute, a grammar is refused.
_WAIT = 60


def problem(grammar: str, limits: Mapping[str, Any]) -> str:
    """Why a grammar, in llguidance's form, cannot be compiled within the limits; "" if it can."""
    asked = {"grammar": grammar, "limits": dict(limits), "seconds": _SECONDS, "bytes": _BYTES}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_WORKER)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=_WAIT,
            check=False,
        )
        return str(json.loads(done.stdout))
    # A worker that was killed wrote nothing, or half of it.
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        return f"one that takes more than {_SECONDS} seconds or {_BYTES >> 30} GB to compile"
