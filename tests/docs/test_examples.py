"""The examples of the docs run, each as a reader would run it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.mark.slow  # The complete path on a tiny town: half a minute.
@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_an_example_runs_and_finds_its_sentence_in_the_training_data(example: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, example], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert re.search(r"“.+” occurs \d+ times, first in \w+:", done.stdout)
    assert "report.html" in done.stdout


def test_examples_are_cut_into_cells() -> None:
    for example in EXAMPLES.glob("*.py"):
        assert example.read_text().count("\n# %% ") >= 3, f"{example.name} has too few cells"
