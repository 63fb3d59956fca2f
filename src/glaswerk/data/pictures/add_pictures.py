"""A source of captioned pictures: documents of kind "caption", and the pictures that they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from glaswerk.core.artifact_files import DOCUMENTS
from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file, digest_files
from glaswerk.core.progress import track
from glaswerk.data.documents.fields import Defaults, IngestCounts, from_fields
from glaswerk.data.documents.wrong_command import refuse_unstated_posts
from glaswerk.data.files.bad_files import BadFiles
from glaswerk.data.files.inputs import InputFile, unreadable
from glaswerk.data.pictures.captioned import CaptionedPicture, CaptionedReader, find_pictures
from glaswerk.data.pictures.check import check
from glaswerk.data.pictures.store import PictureWriter
from glaswerk.data.store.new_source import OWN, AuthorGate, check_rights, default_name
from glaswerk.data.store.parquet import DocumentWriter
from glaswerk.lab import Artifact, Lab, Spec

_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True)
class PicturesConfig:
    """What decides a source of pictures, besides the files' bytes."""

    licence: str
    author: str = ""
    acquired: str = ""
    text_column: str = ""
    tolerant: bool = False


@dataclass(slots=True)
class PicturesJob:
    """Writes the files of a source of pictures."""

    source: str
    config: PicturesConfig
    files: Sequence[InputFile]
    counts: IngestCounts
    figures: Counter[str] = field(default_factory=Counter)
    ids: Counter[str] = field(default_factory=Counter)

    def write(self, folder: Path) -> Mapping[str, Any]:
        """Write documents and pictures to `folder`; returns the statistics."""
        reader = CaptionedReader(self.counts, self.config.text_column, self.config.tolerant)
        gate = AuthorGate(stated=bool(self.config.acquired))
        with PictureWriter(folder) as pictures, DocumentWriter(folder / DOCUMENTS) as writer:
            for item in track(reader.read(self.files), "reading pictures"):
                self.figures["rows"] += 1
                refuse_unstated_posts(
                    {"text": "", **item.fields}, item.where, stated=bool(self.config.acquired)
                )
                for document in self._documents(item, pictures):
                    writer.add(gate.passed(document))
        self._need_some(writer)
        return {
            "documents": writer.documents,
            "rows": self.figures["rows"],
            "files": len(self.files),
            "bytes": writer.bytes,
            "kinds": {"caption": writer.documents},
            **picture_figures(pictures),
            "metadata_removed": self.figures["stripped"],
            "places_removed": self.figures["placed"],
            "left_out": dict(sorted((+self.counts.left_out).items())),
            **self.counts.bad.figures(),
        }

    def _documents(self, item: CaptionedPicture, pictures: PictureWriter) -> Iterator[Document]:
        """A document for each caption of a picture; none, and a count, if the picture is not usable."""
        picture = check(item.data) if item.captions and item.data is not None else None
        if picture is None or isinstance(picture, str):
            if picture:
                self.counts.damaged(item.id, picture, _no_picture(item, picture))
            else:
                reason = "missing_picture" if item.data is None else "no_caption"
                self.counts.left_out[reason] += 1
            return
        self.figures["stripped"] += picture.stripped
        self.figures["placed"] += picture.placed
        name = pictures.add(picture)
        for caption in item.captions:
            try:
                document = self._document(item, caption)
            except GlaswerkError:
                if not self.config.tolerant:
                    raise
                self.counts.left_out["broken_record"] += 1
                continue
            if document is not None:
                yield replace(document, media=(name,))

    def _document(self, item: CaptionedPicture, caption: str) -> Document | None:
        defaults = Defaults(
            self.source, self.config.licence, self.config.author, self.config.acquired or OWN, "caption"
        )
        # A title belongs to the book or page, and a kind to the picture: neither describes the caption.
        fields = {**item.fields, "text": caption, "title": "", "kind": "caption"}
        document = from_fields(fields, item.id, item.where, defaults, self.counts)
        if document is None:
            return None
        self.ids[document.id] += 1
        again = self.ids[document.id]
        return document if again == 1 else replace(document, id=f"{document.id}~{again}")

    def _need_some(self, writer: DocumentWriter) -> None:
        if writer.documents == 0:
            counts = ", ".join(f"{reason} {count:,}" for reason, count in self.counts.left_out.items())
            raise GlaswerkError(
                f"expected pictures with captions, found none ({counts or 'no rows'}) in "
                f"{', '.join(str(file.path) for file in self.files[:3])}",
                hint=f"glaswerk explain {next(iter(+self.counts.left_out), 'no_caption')}",
            )


def _no_picture(item: CaptionedPicture, reason: str) -> GlaswerkError:
    size = len(item.data or b"")
    return GlaswerkError(
        f"expected a complete JPEG, PNG, WebP or GIF in {item.where}, found {size:,} bytes ({reason})",
        hint=f"glaswerk explain {reason}",
    )


def add_pictures(
    lab: Lab, paths: Sequence[Path], config: PicturesConfig, name: str = "", *, strict: bool = False
) -> Artifact:
    """The source artifact of captioned pictures at `paths`. See `source.add_images`."""
    check_rights(config.licence, config.acquired or OWN)
    counts = IngestCounts(strict=strict, bad=BadFiles(strict=strict))
    digests = dict(_digests(find_pictures(paths, counts), counts))
    files = list(digests)
    decided: dict[str, Any] = {
        # One digest for all files, because a folder may have more files than a manifest should list.
        "files": digest_files({file.name: digest for file, digest in digests.items()}),
        **asdict(config),
        "acquired": config.acquired or OWN,
    }
    chosen = name or default_name(paths[0], decided)
    job = PicturesJob(chosen, config, files, counts)
    return lab.make(Spec("source", chosen, "add-images/4", config={"source": chosen, **decided}), job.write)


def _digests(files: Sequence[InputFile], counts: IngestCounts) -> Iterator[tuple[InputFile, str]]:
    """The digest of every file that can be read."""
    for file in files:
        try:
            yield file, digest_file(file.path)
        except OSError as error:
            counts.spare(file, "unreadable", unreadable(file.label, error))


def picture_figures(pictures: PictureWriter) -> dict[str, Any]:
    """The statistics of a source's pictures for its manifest; widths and heights in pixels."""
    widths, heights = pictures.sizes()
    return {
        "pictures": len(pictures),
        "picture_bytes": pictures.bytes,
        "formats": dict(sorted(Counter(pictures.formats()).items())),
        "widths": _quantiles(widths),
        "heights": _quantiles(heights),
    }


def _quantiles(values: Sequence[int]) -> dict[str, int]:
    if not values:
        return {}
    cuts = np.quantile(values, (0.0, *_QUANTILES, 1.0)).tolist()
    return dict(zip(("min", "p5", "p50", "p95", "max"), map(round, cuts), strict=True))
