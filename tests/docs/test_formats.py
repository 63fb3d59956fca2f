"""The page on file formats names every file, column, manifest field and ledger column that there is."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from glaswerk.core.document import DOCUMENT_COLUMNS
from glaswerk.data.store.parquet import SCHEMA as DECISIONS
from glaswerk.lab import Artifact
from glaswerk.lab.migrations import MIGRATIONS

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "formats.md").read_text()
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


def test_the_page_names_every_column_of_documents_and_decisions() -> None:
    assert {*DOCUMENT_COLUMNS, *DECISIONS.names, "toxicity", "split"} <= NAMED


def test_the_page_names_every_field_of_a_manifest(make: Callable[..., Artifact]) -> None:
    manifest = json.loads((make("corpus", "main").path / "manifest.json").read_text())
    assert set(manifest) <= NAMED


def test_the_page_names_every_table_and_column_of_the_ledger() -> None:
    ledger = sqlite3.connect(":memory:")
    for migration in MIGRATIONS:
        ledger.executescript(migration)
    tables = [name for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{table}` |"))
        columns = [column[1] for column in ledger.execute(f"PRAGMA table_info({table})")]
        assert re.findall(r"`(\w+)`", row)[1:] == columns, table
    ledger.close()


def _pattern(name: str) -> str:
    """A name on the page as a regular expression: `<split>.bin` matches every split."""
    return re.sub(r"<\w+>", r"[\\w-]+", re.escape(name).replace(r"\<", "<").replace(r"\>", ">"))


@pytest.mark.parametrize("kind", ["sources", "corpora", "tokenizers", "shards", "models", "traces"])
def test_the_page_names_every_file_of_an_artifact(kind: str, lab_folder: Path) -> None:
    patterns = [re.compile(_pattern(name)) for name in NAMED if not name.endswith("/")]
    files = {path.name for path in (lab_folder / kind).rglob("*") if path.is_file()}
    assert files
    assert {name for name in files if not any(pattern.fullmatch(name) for pattern in patterns)} == set()
