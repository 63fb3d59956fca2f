"""Reading one file with a library that hostile input may keep busy: in a process of limited time and memory.

The program is a file that imports nothing from this package. It reads from standard input, writes JSON to
standard output, and says by its exit code why it did not.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from glaswerk.data.files.left_out import LeftOut

# Eight times what LaTeX takes, the slowest of our readers of plain text: 0.5 s for a megabyte.
_CPU_SECONDS, _CPU_SECONDS_PER_MEGABYTE = 10, 4
_MEMORY = 2 << 30
_REASONS = {3: "broken_file", 4: "encrypted", 5: "too_big", 6: "nested_too_deep"}
# Run by path, because -I hides PYTHONPATH. `resource` is missing on Windows, which has no such limits.
_WRAPPER = """
import runpy, sys
try:
    import resource
    resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))
    resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
except ImportError:
    pass
try:
    runpy.run_path({path!r}, run_name="__main__")
except RecursionError:
    sys.exit(6)
except MemoryError:
    sys.exit(5)
"""


def run_limited(program: Path, data: bytes, *, extra_seconds: int = 0) -> Any:
    """What `program` writes as JSON when given `data`.

    `extra_seconds` are added to its CPU time. Raises LeftOut with its reason if it refuses the data, takes
    too long or needs too much memory.
    """
    seconds = _CPU_SECONDS + extra_seconds + _CPU_SECONDS_PER_MEGABYTE * (len(data) >> 20)
    code = _WRAPPER.format(seconds=seconds, memory=_MEMORY, path=str(program))
    try:
        # The process limits its CPU time; this timeout is for a machine too busy to finish.
        done = subprocess.run(
            [sys.executable, "-I", "-c", code],
            input=data,
            capture_output=True,
            timeout=20 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise LeftOut("too_big", "it takes too long to read") from None
    if done.returncode != 0:
        # Negative: a signal, of which the one sent is for CPU time.
        reason = "too_big" if done.returncode < 0 else _REASONS.get(done.returncode, "broken_file")
        raise LeftOut(reason, f"the reader of {program.stem} files gave up")
    return json.loads(done.stdout)
