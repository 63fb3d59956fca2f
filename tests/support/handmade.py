"""A lab with a corpus written by hand, for answers whose matches can be counted by reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, to_row
from glaswerk.data.store.parquet import SCHEMA
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.tokenizer import pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import Tracer, build
from glaswerk.trace.segments import SEGMENT_TOKENS

Splits = Mapping[str, Sequence[Document]]


def write_corpus(lab: Lab, splits: Splits) -> Artifact:
    """The corpus "main" with exactly these documents."""
    rows = [to_row(document) | {"split": split} for split, part in splits.items() for document in part]

    def write(folder: Path) -> Mapping[str, Any]:
        schema = SCHEMA.append(pa.field("split", pa.string()))
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), folder / DOCUMENTS)
        return {"bytes": sum(len(row["text"].encode()) for row in rows)}

    texts = [[row["id"], row["split"], row["text"], row["messages"]] for row in rows]
    return lab.make(Spec("corpus", "main", "test/1", {}, {"rows": texts}), write)


def open_tracer(
    folder: Path, splits: Splits, vocab_size: int = 320, segment_tokens: int = SEGMENT_TOKENS
) -> Tracer:
    """Tokenise, pack and index these documents, then open the trace."""
    lab = Lab.init(folder, "trace")
    try:
        write_corpus(lab, splits)
        train_tokenizer(lab, TokenizerConfig(vocab_size))
        return Tracer.open(lab, build(lab, pack(lab), segment_tokens=segment_tokens))
    finally:
        lab.ledger.close()
