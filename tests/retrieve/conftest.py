"""A lab with a few documents, and what asks its passages."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest

from glaswerk.data.curate.curate import curate
from glaswerk.data.documents.add_documents import add_docs
from glaswerk.lab import Lab
from glaswerk.retrieve import Retriever, build

Rows = Sequence[Mapping[str, str]]


def opened(lab: Lab, rows: Rows) -> Retriever:
    """The passages of a lab that has these rows (id, text, author, lang, created_at) and nothing else."""
    file = lab.root.parent / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    add_docs(lab, [file], licence="CC0-1.0", acquired="synthetic", name="rows")
    settings = lab.root / "lab.toml"
    settings.write_text(settings.read_text() + "\n[curate]\nnear_duplicate = 1.0\n")
    corpus = curate(Lab.open(lab.root), validation_share=0.0)
    return Retriever.open(lab, build(lab, corpus))


@pytest.fixture
def retriever_of(empty_lab: Lab) -> Iterator[Callable[[Rows], Retriever]]:
    """Makes a lab of rows and opens its passages."""
    found: list[Retriever] = []

    def make(rows: Rows) -> Retriever:
        found.append(opened(empty_lab, rows))
        return found[-1]

    yield make
    for retriever in found:
        retriever.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Rows], Retriever]]:
    """The same for all tests of a module that ask the same rows."""
    found: dict[str, tuple[Lab, Retriever]] = {}

    def make(rows: Rows) -> Retriever:
        name = json.dumps(rows)
        if name not in found:
            lab = Lab.init(tmp_path_factory.mktemp("shared") / "lab", "test")
            found[name] = lab, opened(lab, rows)
        return found[name][1]

    yield make
    for lab, retriever in found.values():
        retriever.close()
        lab.ledger.close()
