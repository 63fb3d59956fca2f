"""The reference pages are what the code says now."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from glaswerk.cli.verbs import VERBS

DOCS = Path(__file__).parents[2] / "docs"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("generate_docs", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = _load()


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    """The pages as a process of its own renders them: click keeps what other tests made of a command."""
    code = "import json, generate; print(json.dumps({n: p() for n, p in generate.PAGES.items()}))"
    found = subprocess.run([sys.executable, "-c", code], cwd=DOCS, capture_output=True, text=True, check=True)
    pages: dict[str, str] = json.loads(found.stdout)
    return pages


@pytest.mark.parametrize("name", sorted(generate.PAGES))
def test_a_reference_page_does_not_lag_behind_the_code(name: str, rendered: dict[str, str]) -> None:
    written = (DOCS / "reference" / name).read_text()
    assert written == rendered[name], "run: python docs/generate.py"


def test_every_setting_has_a_meaning_and_no_meaning_is_left_over() -> None:
    keys = {table: {key for key, _, _ in rows} for table, rows in generate.tables().items()}
    assert keys == {table: set(meanings) for table, meanings in generate.MEANINGS.items()}


def test_the_command_line_page_has_every_verb_and_word() -> None:
    text = (DOCS / "reference" / "cli.md").read_text()
    for verb in VERBS:
        assert f"### glaswerk {verb}\n" in text
    assert "#### glaswerk add posts\n" in text
