"""Run openai-python's resource tests against a server and count passes by folder.

python bench/judges/openai_python.py PYTHON URL CHECKOUT [FOLDER …]: an interpreter with the client and its
test tools, the address of the server without /v1, a checkout of openai-python. Without a folder, all.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

_TESTS = "tests/api_resources"
FOLDERS = {
    "chat": ("chat/test_completions.py", "chat/completions"),
    "completions": ("test_completions.py",),
    "models": ("test_models.py",),
    "embeddings": ("test_embeddings.py",),
    "responses": ("test_responses.py", "responses"),
    "files": ("test_files.py",),
    "uploads": ("test_uploads.py", "uploads"),
    "vector_stores": ("test_vector_stores.py", "vector_stores"),
    "conversations": ("test_conversations.py", "conversations"),
    "moderations": ("test_moderations.py",),
    "batches": ("test_batches.py",),
}


def main(python: str, url: str, checkout: str, *folders: str) -> None:
    """Run the folders in one process and print a table; what failed goes to standard error."""
    wanted = {name: FOLDERS[name] for name in folders or FOLDERS}
    found = counts(python, url, Path(checkout).resolve(), wanted)
    sys.stdout.write("| folder | passed | failed | skipped |\n|---|---|---|---|\n")
    for name, outcomes in [*found.items(), ("all", sum(found.values(), Counter[str]()))]:
        cells = (str(outcomes[word]) for word in ("passed", "failed", "skipped"))
        sys.stdout.write(f"| {name} | {' | '.join(cells)} |\n")


def counts(
    python: str, url: str, checkout: Path, folders: Mapping[str, Sequence[str]]
) -> dict[str, Counter[str]]:
    """How many tests of each folder passed, failed and were skipped."""
    found = {name: Counter[str]() for name in folders}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        subprocess.run(
            [
                *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts="),
                *("-o", "filterwarnings=ignore", f"--junitxml={report}"),
                *(f"{_TESTS}/{place}" for places in folders.values() for place in places),
            ],
            cwd=checkout,
            # The client of the checkout, so that it has the version of its tests.
            env=os.environ | {"TEST_API_BASE_URL": f"{url}/v1", "PYTHONPATH": str(checkout / "src")},
            stdout=subprocess.DEVNULL,
            check=False,
        )
        for case in ElementTree.parse(report).iter("testcase"):
            found[_folder(case, folders)][_outcome(case)] += 1
    return found


def _folder(case: ElementTree.Element, folders: Mapping[str, Sequence[str]]) -> str:
    place = (case.get("classname") or "").replace(".", "/").removeprefix(f"{_TESTS}/")
    starts = [(name, start.removesuffix(".py")) for name, places in folders.items() for start in places]
    return next(name for name, start in starts if f"{place}/".startswith(f"{start}/"))


def _outcome(case: ElementTree.Element) -> str:
    bad = next((child for child in case if child.tag in ("failure", "error")), None)
    if bad is not None:
        reason = (bad.get("message") or "").partition("\n")[0][:300]
        sys.stderr.write(f"{case.get('classname')}.{case.get('name')}: {reason}\n")
        return "failed"
    return "skipped" if any(child.tag == "skipped" for child in case) else "passed"


if __name__ == "__main__":
    main(*sys.argv[1:])
