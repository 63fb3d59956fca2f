"""Run openai-python's resource tests against a server and count passes by file.

python bench/judges/openai_python.py PYTHON URL CHECKOUT: an interpreter with the client and its test tools,
the address of the server without /v1, a checkout of openai-python.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

FILES = (
    "chat/test_completions.py",
    "chat/completions/test_messages.py",
    "test_completions.py",
    "test_models.py",
)


def main(python: str, url: str, checkout: str) -> None:
    """Run every file and print a table."""
    sys.stdout.write("| file | passed | of |\n|---|---|---|\n")
    for file in FILES:
        found = counts(python, url, Path(checkout), file)
        sys.stdout.write(f"| {file} | {found['passed']} | {found.total()} |\n")
        sys.stdout.flush()


def counts(python: str, url: str, checkout: Path, file: str) -> Counter[str]:
    """How many tests of a file passed, failed and were skipped."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [
                *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", "-o"),
                *("filterwarnings=ignore", f"--junitxml={report}", f"tests/api_resources/{file}"),
            ],
            cwd=checkout,
            env=os.environ | {"TEST_API_BASE_URL": f"{url}/v1"},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        return Counter(_outcome(case) for case in ElementTree.parse(report).iter("testcase"))


def _outcome(case: ElementTree.Element) -> str:
    tags = {child.tag for child in case}
    return "failed" if tags & {"failure", "error"} else "skipped" if "skipped" in tags else "passed"


if __name__ == "__main__":
    main(*sys.argv[1:])
