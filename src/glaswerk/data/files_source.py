"""A source of documents or dialogues read from files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from glaswerk.core.document import Document
from glaswerk.core.ids import digest_file, digest_text
from glaswerk.core.progress import track
from glaswerk.data.files import Defaults, Tally
from glaswerk.data.inputs import Found, changed, stamp
from glaswerk.data.naming import check_rights, default_name, need_documents
from glaswerk.data.parquet import DOCUMENTS, DocumentWriter
from glaswerk.data.posts import PREFIX
from glaswerk.lab import Artifact, Lab, Spec


@dataclass(slots=True)
class FilesJob:
    """Writes a source of documents or dialogues read from files."""

    recipe: str
    licence: str
    author: str
    acquired: str
    kind: str
    files: Sequence[Found]
    tally: Tally
    read: Callable[[Found, Defaults], Iterator[Document]]

    def make(self, lab: Lab, name: str, **more: Any) -> Artifact:
        """The artifact; `more` decides its content too. Raises GlaswerkError for a file that changes."""
        check_rights(self.licence, self.acquired)
        stamps = {file: stamp(file.path) for file in self.files}
        decided: dict[str, Any] = {
            "files": {file.name: digest_file(file.path) for file in self.files},
            "licence": self.licence, "author": self.author, "acquired": self.acquired,
            "kind": self.kind, **more,
        }  # fmt: skip
        chosen = name or default_name(Path(self.files[0].name), decided)
        spec = Spec("source", chosen, self.recipe, config={"source": chosen, **decided})
        return lab.make(spec, lambda folder: self._write(folder, chosen, stamps))

    def _write(self, folder: Path, source: str, stamps: Mapping[Found, tuple[int, int]]) -> Mapping[str, Any]:
        defaults = Defaults(source, self.licence, self.author, self.acquired, self.kind)
        kinds: Counter[str] = Counter()
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for document in track(self._unique(defaults, stamps), "reading documents"):
                kinds[document.kind] += 1
                writer.add(document)
        need_documents(writer, [file.label for file in self.files], self.tally.left_out)
        return {
            "documents": writer.documents, "files": len(self.files), "bytes": writer.bytes,
            "kinds": dict(sorted(kinds.items())), "unparsed_dates": self.tally.unparsed_dates,
            "left_out": dict(sorted((+self.tally.left_out).items())),
        }  # fmt: skip

    def _unique(self, defaults: Defaults, stamps: Mapping[Found, tuple[int, int]]) -> Iterator[Document]:
        """Documents with ids of their own: one that comes again with another text is another document."""
        texts: set[tuple[str, str]] = set()
        counts: Counter[str] = Counter()
        for file in self.files:
            for document in self.read(file, defaults):
                # An id of X belongs to one post, whatever its text; the first one stays.
                text = "" if document.id.startswith(PREFIX) else digest_text(document.text)
                if (document.id, text) in texts:
                    self.tally.left_out["repeated_id"] += 1
                    continue
                texts.add((document.id, text))
                counts[document.id] += 1
                again = counts[document.id]
                yield document if again == 1 else replace(document, id=f"{document.id}~{again}")
            if stamp(file.path) != stamps[file]:
                raise changed(file.label)
