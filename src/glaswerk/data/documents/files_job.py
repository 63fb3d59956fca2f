"""A source read from files: documents, dialogues or preferences, with digests and statistics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.core.progress import track
from glaswerk.data.documents.fields import Defaults, IngestCounts
from glaswerk.data.documents.wrong_command import WrongCommand
from glaswerk.data.files.bad_files import damage, refuse_bad, unread
from glaswerk.data.files.inputs import InputFile, changed, stamp, unreadable
from glaswerk.data.files.stored import damage_reason
from glaswerk.data.store.new_source import OWN, AuthorGate, check_rights, default_name, need_documents
from glaswerk.data.store.parquet import DocumentWriter
from glaswerk.lab import Artifact, Lab, Spec


@dataclass(slots=True)
class FilesJob:
    """Writes a source of documents, dialogues or preferences read from files.

    `read` gives the documents of one file, in order; `counts` collects what is left out. If `acquired` is
    empty, the content counts as the user's own, and may therefore name one author only.
    """

    recipe: str
    licence: str
    author: str
    acquired: str
    kind: str
    files: Sequence[InputFile]
    counts: IngestCounts
    read: Callable[[InputFile, Defaults], Iterator[Document]]
    # Called after the last document; an error of it means that nothing is added.
    finish: Callable[[], None] = lambda: None
    # Read all files before files of another command stop the run, so that it names each of them.
    every_wrong: bool = False

    def make(self, lab: Lab, name: str, **more: Any) -> Artifact:
        """The artifact; `more` is further config that decides its content.

        A file in a folder that cannot be read is left out, counted and named in the statistics. Raises
        GlaswerkError for unclear rights, for a named file that changes while it is read, and with
        `counts.strict` for the first bad file.
        """
        check_rights(self.licence, self.acquired or OWN)
        known = dict(self._known())
        decided: dict[str, Any] = {
            "files": {file.name: digest for file, (_, digest) in known.items()},
            "licence": self.licence,
            "author": self.author,
            "acquired": self.acquired or OWN,
            "kind": self.kind,
            **more,
        }
        chosen = name or default_name(Path(self.files[0].name), decided)
        spec = Spec("source", chosen, self.recipe, config={"source": chosen, **decided})
        stamps = {file: moment for file, (moment, _) in known.items()}
        made = lab.make(spec, lambda folder: self._write(folder, chosen, stamps))
        if self.counts.strict:
            refuse_bad(made.name, made.stats)
        return made

    def _known(self) -> Iterator[tuple[InputFile, tuple[tuple[int, int], str]]]:
        """(file, (stamp, digest)) of every file that can be read."""
        for file in self.files:
            try:
                yield file, (stamp(file.path), digest_file(file.path))
            except OSError as error:
                self.counts.spare(file, "unreadable", unreadable(file.label, error))

    def _write(
        self, folder: Path, source: str, stamps: Mapping[InputFile, tuple[int, int]]
    ) -> Mapping[str, Any]:
        acquired = self.acquired or OWN
        defaults = Defaults(source, self.licence, self.author, acquired, self.kind, bool(self.acquired))
        with DocumentWriter(folder / DOCUMENTS) as writer:
            for document in track(self._documents(defaults, stamps), "reading documents"):
                writer.add(document)
        need_documents(writer, [file.label for file in self.files], self.counts.left_out, self.counts.bad)
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
            **self.counts.bad.figures(),
        }

    def _documents(
        self, defaults: Defaults, stamps: Mapping[InputFile, tuple[int, int]]
    ) -> Iterator[Document]:
        gate, wrong = AuthorGate(stated=defaults.stated), list[tuple[str, GlaswerkError]]()
        for file, before in stamps.items():
            counted, named = Counter(self.counts.left_out), self.counts.bad.count
            try:
                yield from map(gate.passed, self._of(file, defaults))
            except WrongCommand as error:
                if not self.every_wrong:
                    raise
                wrong.append((file.name, error))
                continue
            if stamp(file.path) != before:
                raise changed(file.label)
            reason = damage(counted, self.counts.left_out)
            if reason and self.counts.bad.count == named:
                self.counts.left_out[reason] -= 1
                self.counts.damaged(file.name, reason, unread(file.label, reason))
        if wrong:
            every = WrongCommand(wrong[0][1].message, hint=wrong[0][1].hint)
            every.files = wrong
            raise every
        self.finish()

    def _of(self, file: InputFile, defaults: Defaults) -> Iterator[Document]:
        """The documents of one file, up to its fault if it has one."""
        try:
            yield from self.read(file, defaults)
        except WrongCommand:
            raise
        except GlaswerkError as error:
            cause = error.__cause__ or error
            self.counts.spare(file, damage_reason(cause, "broken_file"), error)
        except OSError as error:
            self.counts.spare(file, "unreadable", unreadable(file.label, error))
