"""Sources written document by document, for tests that need no reader of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document, Rights
from glaswerk.data.store.parquet import write_documents, write_relations
from glaswerk.lab import Artifact, Lab, Spec

_RIGHTS = ("licence", "acquired", "audience", "tdm_opt_out")


def doc(identifier: str, text: str = "The ferry leaves the upper bank at seven.", **more: Any) -> Document:
    """A public document under CC0-1.0; `more` sets fields of the document or of its rights."""
    rights = {"licence": "CC0-1.0", **{key: more.pop(key) for key in _RIGHTS if key in more}}
    return Document(identifier, "", text, Rights(**rights), **{"kind": "post", **more})


def add_source(
    lab: Lab,
    name: str,
    documents: Sequence[Document],
    *,
    deleted: Iterable[str] = (),
    parts: Iterable[tuple[str, str, str]] = (),
) -> Artifact:
    """A source of these documents; `deleted` ids and (part, document, relation) as archives list them."""

    def write(folder: Path) -> Mapping[str, Any]:
        writer = write_documents(folder / DOCUMENTS, documents)
        write_relations(folder, deleted, parts)
        return {"documents": writer.documents, "bytes": writer.bytes, "kinds": writer.kinds()}

    return lab.make(Spec("source", name, "test/1", {}, {"name": name}), write)
