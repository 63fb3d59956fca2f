"""A lab with a few documents, and what asks its passages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from glaswerk.data.curate.curate import curate
from glaswerk.data.documents.add_documents import add_docs
from glaswerk.lab import Lab
from glaswerk.retrieve import Retriever, build

Rows = Sequence[Mapping[str, str]]


@pytest.fixture
def retriever_of(empty_lab: Lab, tmp_path: Path) -> Iterator[Callable[[Rows], Retriever]]:
    """Makes a lab of rows (id, text, author, lang, created_at) and opens its passages."""
    opened: list[Retriever] = []

    def make(rows: Rows) -> Retriever:
        (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        add_docs(empty_lab, [tmp_path / "rows.jsonl"], licence="CC0-1.0", acquired="synthetic", name="rows")
        settings = empty_lab.root / "lab.toml"
        settings.write_text(settings.read_text() + "\n[curate]\nnear_duplicate = 1.0\n")
        corpus = curate(Lab.open(empty_lab.root), validation_share=0.0)
        opened.append(Retriever.open(empty_lab, build(empty_lab, corpus)))
        return opened[-1]

    yield make
    for retriever in opened:
        retriever.close()
