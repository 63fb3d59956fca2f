"""Tables of posts as hydrators and data sets write them: CSV and Parquet, one post per row."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.limits import DUMP_LINE_BYTES
from glaswerk.data.files.stored import StoredFile
from glaswerk.data.posts.recognise import plain_key
from glaswerk.data.store.stored_rows import read_stored_rows

_DELIMITERS = (",", "\t", ";", "|")
_IDS = frozenset(("id", "idstr", "tweetid", "statusid", "url", "tweeturl", "permalink"))
_TEXTS = frozenset(("text", "fulltext", "rawcontent", "content", "tweet", "tweettext", "body"))
# One more column that posts have, so that a table of other texts with ids is not taken for one of posts.
_MORE = frozenset(
    (
        "tweetid",
        "idstr",
        "userscreenname",
        "screenname",
        "fromuser",
        "authorid",
        "authorusername",
        "conversationid",
        "retweetcount",
        "retweets",
        "inreplytostatusid",
        "inreplytoscreenname",
        "istweet",
        "isretweet",
        "rawcontent",
        "tweettext",
        "tweeturl",
        "tweettime",
        "quotecount",
        "hashtags",
        "favoritecount",
        "username",
    )
)
PARQUET = b"PAR1"


def is_table_of_posts(head: bytes) -> bool:
    """Whether a file starts with the header row of a table of posts."""
    line = _header(head).decode("utf-8", "replace")
    return "\n" in head.decode("utf-8", "replace") and is_of_posts(_cells(line, _delimiter(line)))


def is_parquet_of_posts(path: Path) -> bool:
    """Whether a file is Parquet whose columns are those of posts."""
    try:
        return is_of_posts(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return False


def is_of_posts(names: Sequence[str]) -> bool:
    """Whether columns with these names are an id, a text and something else that posts have."""
    plain = {plain_key(name) for name in names}
    return bool(plain & _IDS and plain & _TEXTS and plain & _MORE)


def table_rows(stored: StoredFile, counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """The rows of a CSV table by column name; those that cannot be read are counted as broken_record.

    Raises GlaswerkError if the table is not UTF-8: other bytes would become other words.
    """
    text = io.TextIOWrapper(stored.stream, "utf-8-sig", newline="")
    try:
        lines = _bounded(text)
        first = next(lines, "")
        if first[:4].lower() == "sep=":
            first = next(lines, "")
        delimiter = _delimiter(first)
        names = _cells(first, delimiter)
        rows = csv.reader(lines, delimiter=delimiter)
        while True:
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error:
                counts["broken_record"] += 1
                continue
            if len(cells) > len(names):
                counts["broken_record"] += 1
            elif cells:
                yield dict(zip(names, cells, strict=False))
    except UnicodeDecodeError as error:
        raise GlaswerkError(
            f"expected UTF-8 in {stored.name}, found byte 0x{error.object[error.start]:02x}",
            hint="convert it: iconv -f ENCODING -t utf-8 FILE > NEW",
        ) from error
    finally:
        text.detach()


def parquet_rows(stored: StoredFile) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file by column name."""
    return read_stored_rows(stored, Path(stored.name))


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(DUMP_LINE_BYTES):
        yield line


def _header(head: bytes) -> bytes:
    """The first line that names columns: Excel's may be before it."""
    first, _, rest = head.removeprefix(b"\xef\xbb\xbf").partition(b"\n")
    return rest.partition(b"\n")[0] if first[:4].lower() == b"sep=" else first


def _delimiter(line: str) -> str:
    """The delimiter that gives the most columns."""
    return max(_DELIMITERS, key=lambda delimiter: len(_cells(line, delimiter)))


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])]
    except csv.Error:
        return []
