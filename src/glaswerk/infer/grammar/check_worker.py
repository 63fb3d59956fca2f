"""Try to compile a grammar, within limits of CPU time and memory; run as a script, for `checked.py` to kill.

llguidance counts its work, but some grammars, as intersections of twenty patterns, take minutes all the same.
Reads {"grammar", "limits", "seconds", "bytes"} as JSON from standard input and writes the error or "".
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Answer one request."""
    asked = json.load(sys.stdin)
    _bound(asked["seconds"], asked["bytes"])
    from llguidance import LLMatcher, LLParserLimits

    found = LLMatcher.validate_grammar(asked["grammar"], limits=LLParserLimits(**asked["limits"]))
    json.dump("" if found.startswith("WARNING") else found, sys.stdout)


def _bound(seconds: int, size: int) -> None:
    try:
        import resource as found
    except ImportError:  # Windows: the parent's timeout alone
        return
    resource: Any = found
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main()
