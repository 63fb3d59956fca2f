"""Calls a function of this package in a process of its own, with limited time and memory.

For libraries whose cost is not bounded by the size of what they read: they hold the interpreter, so nothing
inside this process could stop them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

_PROGRAM = """
import json, sys
asked = json.loads(sys.stdin.buffer.readline())
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, (asked["seconds"], asked["seconds"]))
    resource.setrlimit(resource.RLIMIT_AS, (asked["memory"], asked["memory"]))
except ImportError:
    pass  # missing on Windows
sys.path[:] = asked["path"]
module = __import__(asked["module"], fromlist=["_"])
text = sys.stdin.buffer.read().decode("utf-8", "surrogatepass")
try:
    found = {"found": getattr(module, asked["function"])(text, **asked["options"])}
except ValueError as error:
    found = {"error": str(error)}
sys.stdout.buffer.write(json.dumps(found).encode())
"""


class TooCostly(ValueError):
    """A call that took more time or memory than its limits, or that crashed."""


def bounded_call(
    module: str, function: str, text: str, *, seconds: int, memory: int, **options: Any
) -> dict[str, Any]:
    """{"found": result} of `module.function(text, **options)`, or {"error": message} if it raised ValueError.

    `seconds` are of CPU time, `memory` is in bytes of address space. Raises TooCostly beyond them.
    """
    asked = {
        "module": module,
        "function": function,
        "seconds": seconds,
        "memory": memory,
        "options": options,
        "path": sys.path,
    }
    data = json.dumps(asked).encode() + b"\n" + text.encode("utf-8", "surrogatepass")
    command = [sys.executable, "-I", "-c", _PROGRAM]
    try:
        # The process limits its CPU time; this timeout is for a machine too busy to finish.
        done = subprocess.run(command, input=data, capture_output=True, timeout=20 * seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise TooCostly(f"{seconds} s") from error
    if done.returncode != 0:
        raise TooCostly(f"{seconds} s or {memory:,} bytes")
    found: dict[str, Any] = json.loads(done.stdout)
    return found
