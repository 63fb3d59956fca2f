"""Reading a corpus: all documents of a split, or a few documents by their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import DOCUMENT_COLUMNS, Document, from_row
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.families import CORPUS_SPLITS
from glaswerk.data.store.parquet import read_rows

_BATCH = 1024


def read_documents(path: Path, split: str | None = None) -> Iterator[Document]:
    """Documents of the corpus folder `path` in the order (source, id), optionally of one split only.

    Raises GlaswerkError for an unknown split or a folder without a corpus.
    """
    if split is not None and split not in CORPUS_SPLITS:
        raise GlaswerkError(f"expected a split ({', '.join(CORPUS_SPLITS)}), found {split!r}")
    return _read(_file(path), split)


def _read(file: Path, split: str | None) -> Iterator[Document]:
    for row in read_rows(file):
        if split is None or row["split"] == split:
            yield from_row(row)


def document(path: Path, identifier: str) -> Document | None:
    """The document with that id, or None. Raises GlaswerkError for a folder without a corpus."""
    return documents(path, [identifier]).get(identifier)


def documents(path: Path, identifiers: Sequence[str]) -> dict[str, Document]:
    """By id, those of the documents that the corpus has. Reads only row groups that may contain one.

    Raises GlaswerkError for a folder without a corpus.
    """
    table = ds.dataset(_file(path), format="parquet")
    # A corpus of an older version may lack the newest columns.
    columns = [name for name in DOCUMENT_COLUMNS if name in table.schema.names]
    # Typed, since the type of an empty list cannot be inferred.
    chosen = ds.field("id").isin(pa.array(identifiers, pa.string()))
    wanted = table.scanner(columns=columns, filter=chosen, batch_size=_BATCH)
    return {row["id"]: from_row(row) for batch in wanted.to_batches() for row in batch.to_pylist()}


def _file(path: Path) -> Path:
    file = path / DOCUMENTS
    if not file.exists():
        raise GlaswerkError(
            f"expected a corpus in the folder {path}, found none: {DOCUMENTS} is missing",
            hint="glaswerk curate",
        )
    return file
