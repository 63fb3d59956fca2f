"""Adding content to a lab: one source artifact per call, with its documents normalised into Parquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.chats import read_chats
from glaswerk.data.dialogues.preferences import read_preferences
from glaswerk.data.dialogues.records import RECORD_SUFFIXES
from glaswerk.data.documents.add_documents import add_docs
from glaswerk.data.documents.fields import Defaults, IngestCounts, find_files
from glaswerk.data.documents.files_job import FilesJob
from glaswerk.data.files.bad_files import BadFiles, refuse_bad
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.pictures.add_pictures import PicturesConfig, add_pictures
from glaswerk.data.posts.add_archives import ArchivesConfig, ArchivesJob
from glaswerk.data.posts.add_dumps import DumpJob
from glaswerk.data.posts.add_exports import ExportJob
from glaswerk.data.posts.add_likes import LikesJob
from glaswerk.data.posts.archive import archive_digest
from glaswerk.data.posts.detect import (
    DUMP,
    EXPORT,
    by_digest,
    find_archives,
    find_posts,
    refuse_unused_options,
)
from glaswerk.data.posts.joins import DEFAULT_JOIN, check_join
from glaswerk.data.store.new_source import check_rights, default_name
from glaswerk.lab import Artifact, Lab, Spec

__all__ = ["add_chats", "add_docs", "add_images", "add_likes", "add_posts", "add_preferences"]


class RecordReader(Protocol):
    """Reads the dialogues or preferences of one file."""

    def __call__(
        self, file: InputFile, defaults: Defaults, counts: IngestCounts, *, tolerant: bool
    ) -> Iterator[Document]: ...


def add_posts(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    name: str = "",
    author: str = "",
    acquired: str = "",
    include_direct_messages: bool = False,
    include_deleted: bool = False,
    include_limited: bool = False,
    include_grok: bool = False,
    join: str = DEFAULT_JOIN,
    tolerant: bool = False,
    strict: bool = False,
) -> Artifact:
    """One source of posts from X account archives, dumps of X's APIs, or an export of another network.

    `paths` are zips, files, unpacked folders, or folders of these; all must be of one kind (see
    `posts.detect`). `join` decides which posts make one document (see `joins.JOINS`). Dumps (JSON of v1.1 or
    v2, one value per line or file, compressed or in tar and zip) contain other people's posts, so `acquired`
    is required for them; for archives and exports it defaults to "own". Several archives of one account are
    merged, and the newest wins.

    The source's folder has documents.parquet, tombstones.parquet (ids that their owners deleted),
    limited.parquet (ids that were for few people, if there are any) and parts.parquet (posts that went into
    another document: threads, edits). Statistics of archives: documents,
    archives, bytes, kinds, missing_records, unlisted_files, dates_off (dates that contradict the post's id)
    and left_out by reason; `direct_message` counts conversations.

    Posts for a limited audience are counted and left out unless included by a flag. Raises GlaswerkError for
    input that X does not write (`tolerant` reads the rest), for options that would have no effect, and with
    `strict` for the first file in a folder that cannot be read to its end; otherwise such files are named in
    the statistics.
    """
    check_join(join)
    left_out: Counter[str] = Counter()
    bad = BadFiles(strict=strict)
    kind, found = find_posts(paths, left_out, bad)
    flags = {
        "--tolerant": tolerant,
        "--direct-messages": include_direct_messages,
        "--deleted": include_deleted,
        "--limited": include_limited,
        "--grok": include_grok,
    }
    refuse_unused_options(kind, flags, join)
    if kind == EXPORT:
        audiences = {"public", *["private"] * include_direct_messages, *["limited"] * include_limited}
        made = _add_exports(lab, found, (left_out, bad), audiences, licence, name, author, acquired)
    elif kind == DUMP:
        made = _add_dumps(lab, found, (left_out, bad), licence, name, author, acquired, join)
    else:
        config = ArchivesConfig(
            licence,
            author,
            acquired or "own",
            include_direct_messages,
            include_deleted,
            include_limited,
            include_grok,
            join,
            tolerant,
        )
        made = _add_archives(lab, found, (left_out, bad), config, name)
    if strict:
        refuse_bad(made.name, made.stats)
    return made


def _add_archives(
    lab: Lab, paths: Sequence[Path], noted: tuple[Counter[str], BadFiles], config: ArchivesConfig, name: str
) -> Artifact:
    left_out, bad = noted
    check_rights(config.licence, config.acquired)
    archives = dict(sorted((archive_digest(path), path) for path in paths))
    decided: dict[str, Any] = {"files": list(archives), **asdict(config)}
    chosen = name or default_name(paths[0], decided)
    job = ArchivesJob(chosen, config, list(archives.values()), left_out)
    spec = Spec("source", chosen, "add-posts/6", config={"source": chosen, **decided})
    return lab.make(spec, lambda folder: {**job.write(folder), **bad.figures()})


def add_likes(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    acquired: str,
    name: str = "",
    tolerant: bool = False,
    strict: bool = False,
) -> Artifact:
    """One source from the posts that the accounts of X archives liked: other people's, of unknown authors.

    Raises GlaswerkError if `acquired` is missing or "own".
    """
    if acquired in ("", "own"):
        raise GlaswerkError(
            f"expected how you came by the right to posts that others wrote and the account liked, "
            f"found {acquired or 'nothing'}",
            hint="add --acquired licensed, public, synthetic or unknown",
        )
    check_rights(licence, acquired)
    left_out, bad = Counter[str](), BadFiles(strict=strict)
    found = find_archives(paths, left_out, bad)
    archives = dict(sorted((archive_digest(path), path) for path in found))
    decided: dict[str, Any] = {
        "files": list(archives),
        "licence": licence,
        "acquired": acquired,
        "tolerant": tolerant,
    }
    chosen = name or default_name(found[0], {"likes": True, **decided})
    job = LikesJob(chosen, Rights(licence, acquired), list(archives.values()), tolerant, left_out)
    spec = Spec("source", chosen, "add-likes/2", config={"source": chosen, **decided})
    made = lab.make(spec, lambda folder: {**job.write(folder), **bad.figures()})
    if strict:
        refuse_bad(made.name, made.stats)
    return made


def _add_exports(
    lab: Lab,
    paths: Sequence[Path],
    noted: tuple[Counter[str], BadFiles],
    audiences: Collection[str],
    licence: str,
    name: str,
    author: str,
    acquired: str,
) -> Artifact:
    origin = acquired or "own"
    check_rights(licence, origin)
    digests, stamps = by_digest(paths)
    decided: dict[str, Any] = {
        "files": digests,
        "licence": licence,
        "author": author,
        "acquired": origin,
        "audiences": sorted(audiences),
    }
    chosen = name or default_name(paths[0], decided)
    rights = Rights(licence, origin)
    left_out, bad = noted
    job = ExportJob(chosen, author, rights, stamps, audiences, bool(acquired), left_out, bad)
    spec = Spec("source", chosen, "add-social/6", config={"source": chosen, **decided})
    return lab.make(spec, lambda folder: {**job.write(folder), **bad.figures()})


def _add_dumps(
    lab: Lab,
    paths: Sequence[Path],
    noted: tuple[Counter[str], BadFiles],
    licence: str,
    name: str,
    author: str,
    acquired: str,
    join: str,
) -> Artifact:
    if not acquired:
        raise GlaswerkError(
            "expected how you came by the right to these posts, found nothing: they come from X's API, not "
            "from your own archive, and X's terms (June 2025) forbid training foundation models on other "
            "people's posts",
            hint="add --acquired own, licensed, public, synthetic or unknown",
        )
    check_rights(licence, acquired)
    digests, stamps = by_digest(paths)
    decided: dict[str, Any] = {
        "files": digests,
        "licence": licence,
        "author": author,
        "acquired": acquired,
        "join": join,
    }
    chosen = name or default_name(paths[0], decided)
    job = DumpJob(chosen, author, Rights(licence, acquired), stamps, join, *noted)
    return lab.make(Spec("source", chosen, "add-dumps/6", config={"source": chosen, **decided}), job.write)


def add_chats(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    author: str = "",
    name: str = "",
    acquired: str = "",
    tolerant: bool = False,
    strict: bool = False,
) -> Artifact:
    """One source of dialogues from JSON lines, a JSON list or Parquet; see `chats.read_chats`."""
    made = ("add-chats/7", licence, author, acquired, "dialogue")
    return _add_records(lab, paths, made, read_chats, name, tolerant, strict)


def add_preferences(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    author: str = "",
    name: str = "",
    acquired: str = "",
    tolerant: bool = False,
    strict: bool = False,
) -> Artifact:
    """One source of chosen and rejected answers; see `preferences.read_preferences`.

    From the same kinds of files as dialogues. Statistics as for dialogues, and `rows`.
    """
    made = ("add-preferences/5", licence, author, acquired, "preference")
    return _add_records(lab, paths, made, read_preferences, name, tolerant, strict)


def _add_records(
    lab: Lab,
    paths: Sequence[Path],
    made: tuple[str, str, str, str, str],
    reader: RecordReader,
    name: str,
    tolerant: bool,
    strict: bool,
) -> Artifact:
    """A source of dialogues or preferences; `made` is recipe, licence, author, acquired and kind."""
    counts = IngestCounts(strict=strict)
    files = find_files(paths, (*RECORD_SUFFIXES, ".zip"), counts)

    def read(file: InputFile, defaults: Defaults) -> Iterator[Document]:
        return reader(file, defaults, counts, tolerant=tolerant)

    return FilesJob(*made, files, counts, read).make(lab, name, tolerant=tolerant)


def add_images(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    author: str = "",
    name: str = "",
    acquired: str = "",
    text_column: str = "",
    tolerant: bool = False,
    strict: bool = False,
) -> Artifact:
    """One source of captioned pictures: documents of kind "caption" whose `media` names one picture.

    From folders with metadata.jsonl or .txt files next to the pictures, webdataset tars and Parquet files.
    JPEG, PNG, WebP and GIF; each picture is decoded once and stored once, without metadata (`data.pictures`).

    Statistics: documents, rows, files, bytes, pictures, picture_bytes, formats, widths, heights,
    metadata_removed, places_removed, left_out by reason, and if files were bad bad_files (file, reason,
    error) and bad_file_count. What is no complete picture is bad, and so is a broken file in a folder. Raises
    GlaswerkError for broken files that are named themselves; with `tolerant`, they are counted, and with
    `strict` the first bad file is an error.
    """
    config = PicturesConfig(licence, author, acquired, text_column, tolerant)
    made = add_pictures(lab, paths, config, name, strict=strict)
    if strict:
        refuse_bad(made.name, made.stats)
    return made
