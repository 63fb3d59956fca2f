"""A source of documents from files in any supported format, detected from their content."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_file
from glaswerk.data.documents.field_names import FieldNames, parse_map
from glaswerk.data.documents.fields import PLAIN_KINDS, Defaults, IngestCounts, find_files
from glaswerk.data.documents.file_reader import collect_rules, read_file
from glaswerk.data.documents.files_job import FilesJob
from glaswerk.data.documents.formats import ReadOptions
from glaswerk.data.documents.opt_out import Robots, read_robots
from glaswerk.data.files.inputs import InputFile, spooled
from glaswerk.lab import Artifact, Lab


def add_docs(
    lab: Lab,
    paths: Sequence[Path],
    *,
    licence: str,
    author: str = "",
    name: str = "",
    acquired: str = "",
    kind: str = "page",
    text_column: str = "",
    encoding: str = "",
    robots: Path | None = None,
    site: str = "",
    strict: bool = False,
    mapped: Sequence[str] = (),
    every_wrong: bool = False,
) -> Artifact:
    """One source from files, folders, patterns and standard input (`-`).

    Formats: text and markdown, JSON (one value per line, a list, one object), tables (csv, tsv, xlsx),
    Parquet, HTML, WARC and WACZ, EPUB, PDF, mail (mbox, eml), office documents (docx, pptx, OpenDocument),
    RTF, LaTeX, notebooks, subtitles, feeds, exports of WordPress and dumps of MediaWiki; plain, compressed
    (gz, bz2, zst, xz) or in tar and zip files. Rows may have id, author, created_at, lang, url, licence,
    kind and title next to `text` (`text_column` names another column), and so may the front matter of a
    markdown file. Usual other names are known (`field_names.SYNONYMS`); `mapped` has more, such as
    "author=orator". `encoding` is for files that are neither UTF-8 nor declare their encoding. `robots` is a
    robots.txt or ai.txt that applies to `site`, or to every document; such files among the input apply to
    the folder that they are in. every_wrong: a WrongCommand names all files of other commands.

    Statistics: documents, files, bytes, kinds, unparsed_dates, left_out by reason, and if files were bad
    bad_files (file, reason, error) and bad_file_count. Raises GlaswerkError with file and line or byte for a
    named file that cannot be read, with `strict` also for one in a folder, and for a file that changes while
    it is read.
    """
    _check(kind, encoding)
    counts = IngestCounts(strict=strict)
    names = FieldNames(parse_map(mapped, text_column))
    text_column = names.chosen.get("text", "")
    options = ReadOptions(text_column, encoding, names=names)
    _load_robots(robots, site, options.robots)
    more = {"text_column": text_column, "encoding": encoding, "site": site}
    decided: dict[str, Any] = {key: value for key, value in more.items() if value}
    if others := {ours: theirs for ours, theirs in names.chosen.items() if ours != "text"}:
        decided["map"] = others
    if robots is not None:
        decided["robots"] = digest_file(robots)
    with spooled(paths) as spooled_paths:
        files = find_files(spooled_paths, (), counts)
        rules_read = False

        def read(file: InputFile, defaults: Defaults) -> Iterator[Document]:
            nonlocal rules_read
            if not rules_read:
                for each in files:
                    collect_rules(each, options.robots)
                rules_read = True
            return read_file(file, defaults, options, counts)

        job = FilesJob("add-docs/11", licence, author, acquired, kind, files, counts, read)
        job.finish, job.every_wrong = names.need_all_seen, every_wrong
        return job.make(lab, name, **decided)


def _load_robots(robots: Path | None, site: str, into: Robots) -> None:
    if robots is not None:
        read_robots(robots, site, into)
    elif site:
        raise GlaswerkError(
            f"expected a robots.txt for the site {site}, found none", hint=f"--robots FILE --site {site}"
        )


def _check(kind: str, encoding: str) -> None:
    if kind not in PLAIN_KINDS:
        raise GlaswerkError(
            f"expected a kind ({', '.join(PLAIN_KINDS)}), found {kind!r}",
            hint="glaswerk add docs FOLDER --kind page --licence …",
        )
    try:
        known = not encoding or codecs.lookup(encoding)._is_text_encoding
    except LookupError:
        known = False
    if not known:
        raise GlaswerkError(
            f"expected the name of an encoding, found {encoding!r}", hint="--encoding windows-1252"
        )
