"""`make bench`: run every benchmark in turn, each with its peer in the same process."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

if __name__ == "__main__":
    for script in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        sys.stdout.write(f"\n== {script.stem}\n")
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", f"bench.{script.stem}"], check=True)
