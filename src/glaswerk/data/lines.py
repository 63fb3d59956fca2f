"""JSON lines as untrusted input: plain or zstd, one object a line, errors by file and line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa

from glaswerk.core.errors import GlaswerkError

# The longest book of Project Gutenberg is 15 MB; a longer line is no document.
LINE_LIMIT = 256 * 10**6
SUFFIXES = (".jsonl", ".jsonl.zst")


def read_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number from 1, object) of every line that is not blank.

    Raises GlaswerkError for a line that is no JSON object, is longer than LINE_LIMIT or is not UTF-8,
    and for a compressed file that is cut off.
    """
    with _open(path) as file:
        offset = 0
        for number, line in enumerate(_raw_lines(file, path), start=1):
            if line.strip():
                yield number, _object(decode(line, path, offset), path, number)
            offset += len(line)


def decode(data: bytes, path: Path, offset: int = 0) -> str:
    """UTF-8 text without byte order mark. Raises GlaswerkError with the offset of the first wrong byte."""
    try:
        return data.decode("utf-8-sig" if offset == 0 else "utf-8")
    except UnicodeDecodeError as error:
        # utf-8-sig counts from behind the mark.
        start = error.start + (3 if offset == 0 and data.startswith(b"\xef\xbb\xbf") else 0)
        raise GlaswerkError(
            f"expected UTF-8 in {path}, found byte 0x{data[start]:02x} at offset {offset + start:,}",
            hint=f"convert it: iconv -f windows-1252 -t utf-8 {path.name}",
        ) from error


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GlaswerkError(
            f"expected a JSON object in {path}, line {number:,}, found {line.strip()[:60]!r}: {error}",
            hint='write one JSON object a line, such as {"text": "…"}',
        ) from error
    if not isinstance(value, dict):
        raise GlaswerkError(
            f"expected a JSON object in {path}, line {number:,}, found {type(value).__name__}",
            hint='write one JSON object a line, such as {"text": "…"}',
        )
    return value


def _raw_lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    try:
        while line := file.readline(LINE_LIMIT):
            if len(line) == LINE_LIMIT:
                raise GlaswerkError(
                    f"expected lines below {LINE_LIMIT:,} bytes in {path}, found a longer one",
                    hint="cut it into several documents",
                )
            yield line
    except OSError as error:
        raise GlaswerkError(
            f"expected a whole file, found {path} broken or cut off: {error}",
            hint=f"write or fetch {path.name} again",
        ) from error


@contextmanager
def _open(path: Path) -> Iterator[BinaryIO]:
    # pyarrow's zstd stream reads all frames and reports a truncated one; python-zstandard ends silently.
    if path.name.endswith(".zst"):
        with pa.input_stream(str(path), compression="zstd") as stream:
            yield cast(BinaryIO, io.BufferedReader(stream))
    else:
        with path.open("rb") as file:
            yield file
