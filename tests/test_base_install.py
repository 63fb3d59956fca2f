"""Without extras everything can be imported but what the extras are for: what the tests use is not there."""

from __future__ import annotations

import json
import subprocess
import sys

# Modules that are read only once their extra was asked for.
OF_EXTRAS = {
    "glaswerk.infer.engines.openvino_engine",
    "glaswerk.infer.engines.openvino_graph",
    "glaswerk.infer.engines.openvino_network",
    "glaswerk.infer.engines.openvino_weights",
    "glaswerk.serve.as_mcp.server",
}
# Hides every distribution that `glaswerk` alone does not bring along, and imports each module.
PROGRAM = r"""
import importlib, json, pkgutil, re, sys
from importlib.metadata import distribution, packages_distributions, PackageNotFoundError
from packaging.requirements import Requirement

plain = lambda name: re.sub(r"[-_.]+", "-", name).lower()
found, left = set(), [("glaswerk", "")]
while left:
    name, extra = left.pop()
    if (name, extra) in found:
        continue
    found.add((name, extra))
    try:
        requires = distribution(name).requires or []
    except PackageNotFoundError:
        continue
    for one in map(Requirement, requires):
        if one.marker is None or one.marker.evaluate({"extra": extra}):
            left += [(plain(one.name), each) for each in ("", *one.extras)]
there = {name for name, _ in found}
hidden = {
    module for module, names in packages_distributions().items() if not there & set(map(plain, names))
}

class Hiding:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, *more):
        return None if name.partition(".")[0] in hidden else self.finder.find_spec(name, *more)

sys.meta_path[:] = map(Hiding, sys.meta_path)
import glaswerk
failed = {}
for module in pkgutil.walk_packages(glaswerk.__path__, "glaswerk."):
    if module.name.endswith("__main__"):
        continue
    try:
        importlib.import_module(module.name)
    except ImportError as error:
        failed[module.name] = str(error)
print(json.dumps([sorted(hidden), failed]))
"""


def test_only_modules_of_extras_need_more_than_the_base() -> None:
    words = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert run.returncode == 0, run.stderr
    hidden, failed = json.loads(run.stdout.splitlines()[-1])
    assert {"pytest", "openvino", "peft"} <= set(hidden)
    assert not {"torch", "click", "starlette"} & set(hidden)
    assert set(failed) == OF_EXTRAS, failed
