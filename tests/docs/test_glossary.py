"""The glossary has every term once, with an explanation."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text()
TERMS = [term.lower() for line in PAGE.splitlines() for term in re.findall(r"\*\*([^*]+)\*\*", line)]
_FIXED = """
    document shard token span sequence step corpus source artifact manifest ledger lineage tombstone mark
    exposure trace index novelty split checkpoint milestone replay rebuild retrain stance lean epoch batch
    reason decision rarity digest recipe obstacle lab run dial audience
"""


def test_the_glossary_has_every_term_that_the_code_relies_on() -> None:
    assert {*_FIXED.split(), "trust report", "answer key", "bits per byte", "near duplicate"} - set(
        TERMS
    ) == set()


def test_a_term_is_explained_once() -> None:
    assert [term for term, count in Counter(TERMS).items() if count > 1] == []


def test_every_term_has_an_explanation() -> None:
    lines = PAGE.splitlines()
    heads = [number for number, line in enumerate(lines) if line.startswith("**")]
    assert [lines[number] for number in heads if not lines[number + 1].startswith(":   ")] == []
