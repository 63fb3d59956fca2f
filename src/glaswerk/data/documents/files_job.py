"""A source read from files: documents, dialogues or preferences, with digests and statistics."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document
from glaswerk.core.ids import digest_file
from glaswerk.core.progress import track
from glaswerk.data.documents.fields import Defaults, IngestCounts
from glaswerk.data.files.inputs import InputFile, changed, stamp
from glaswerk.data.store.new_source import check_rights, default_name, need_documents
from glaswerk.data.store.parquet import DocumentWriter
from glaswerk.lab import Artifact, Lab, Spec


@dataclass(slots=True)
class FilesJob:
    """Writes a source of documents, dialogues or preferences read from files.

    `read` gives the documents of one file, in order; `counts` collects what is left out.
    """

    recipe: str
    licence: str
    author: str
    acquired: str
    kind: str
    files: Sequence[InputFile]
    counts: IngestCounts
    read: Callable[[InputFile, Defaults], Iterator[Document]]

    def make(self, lab: Lab, name: str, **more: Any) -> Artifact:
        """The artifact; `more` is further config that decides its content.

        Raises GlaswerkError for unclear rights and for a file that changes while it is read.
        """
        check_rights(self.licence, self.acquired)
        stamps = {file: stamp(file.path) for file in self.files}
        decided: dict[str, Any] = {
            "files": {file.name: digest_file(file.path) for file in self.files},
            "licence": self.licence,
            "author": self.author,
            "acquired": self.acquired,
            "kind": self.kind,
            **more,
        }
        chosen = name or default_name(Path(self.files[0].name), decided)
        spec = Spec("source", chosen, self.recipe, config={"source": chosen, **decided})
        return lab.make(spec, lambda folder: self._write(folder, chosen, stamps))

    def _write(
        self, folder: Path, source: str, stamps: Mapping[InputFile, tuple[int, int]]
    ) -> Mapping[str, Any]:
        defaults = Defaults(source, self.licence, self.author, self.acquired, self.kind)
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for document in track(self._documents(defaults, stamps), "reading documents"):
                writer.add(document)
        need_documents(writer, [file.label for file in self.files], self.counts.left_out)
        self.counts.left_out["repeated_id"] += writer.repeated
        rows = {"rows": self.counts.rows} if self.counts.rows else {}
        return {
            "documents": writer.documents,
            **rows,
            "files": len(self.files),
            "bytes": writer.bytes,
            "kinds": writer.kinds(),
            "unparsed_dates": self.counts.unparsed_dates,
            "left_out": dict(sorted((+self.counts.left_out).items())),
        }

    def _documents(
        self, defaults: Defaults, stamps: Mapping[InputFile, tuple[int, int]]
    ) -> Iterator[Document]:
        for file in self.files:
            yield from self.read(file, defaults)
            if stamp(file.path) != stamps[file]:
                raise changed(file.label)
