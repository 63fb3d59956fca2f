"""JSON lines, JSON lists and single objects as untrusted input; errors name the file and the line."""

from __future__ import annotations

import codecs
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from resiliparse.parse.encoding import detect_encoding

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.json_stream import BrokenJson, JsonStream, TooDeep, TooLarge
from glaswerk.data.files.limits import JSON_VALUE_BYTES, ROW_BYTES
from glaswerk.data.files.stored import WideWindow

# What is looked at to guess an encoding.
_SAMPLE = 1 << 16
_NAME_IT = "convert it to UTF-8, or name its encoding with --encoding"
_MEND_IT = "the rest is UTF-8: correct that place, or read wrong bytes as U+FFFD with --encoding utf-8"
# A byte that is no UTF-8, as Python's surrogateescape gives it.
_WRONG = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def read_objects(
    file: BinaryIO, path: Path, encoding: str = "", broken: Counter[str] | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
    """(line number from 1, object) of every line that is not blank. `path` is the file's name in messages.

    `encoding` is tried if a line is not UTF-8. Raises GlaswerkError for a line that is not a JSON object, is
    longer than ROW_BYTES or cannot be decoded. With `broken`, such objects are counted there as broken_record
    instead.
    """
    offset, after_utf8 = 0, False
    for number, line in enumerate(raw_lines(file, path), start=1):
        if line.strip():
            try:
                text = decode(line, path, offset, encoding, after_utf8=after_utf8)
                after_utf8 = after_utf8 or not text.isascii()
                found = _object(text, path, number)
            except GlaswerkError:
                if broken is None:
                    raise
                broken["broken_record"] += 1
            else:
                yield number, found
        offset += len(line)


def read_list(file: BinaryIO, path: Path, place: str = "item") -> Iterator[tuple[int, dict[str, Any]]]:
    """(number from 1, object) of each value of a JSON list of any length, one in memory at a time.

    `place` is `item` if the file is the list itself, or has the keys to it: `chats.item.messages.item`.
    Raises GlaswerkError for a value that is not an object, exceeds JSON_VALUE_BYTES or is nested deeper than
    about 1,000 levels, and for broken JSON.
    """
    number = 0
    try:
        for value in JsonStream(file, JSON_VALUE_BYTES).listed(place):
            number += 1
            if not isinstance(value, dict):
                raise GlaswerkError(
                    f"expected JSON objects in {path}, found {type(value).__name__} as value {number:,}",
                    hint='write objects, such as [{"text": "…"}]',
                )
            yield number, value
    except TooLarge as error:
        raise GlaswerkError(
            f"expected values below {JSON_VALUE_BYTES:,} bytes in {path}, found a larger one as value "
            f"{number + 1:,}",
            hint="split it into several documents",
        ) from error
    except TooDeep as error:
        raise GlaswerkError(
            f"expected values of a few levels in {path}, found value {number + 1:,} nested too deep",
            hint='flatten it, or keep only what is needed: {"text": "…"}',
        ) from error
    except (BrokenJson, UnicodeDecodeError, ValueError) as error:
        raise GlaswerkError(
            f"expected a JSON list in {path}, found an error after value {number:,}: {str(error)[:200]!r}",
            hint=f"write or fetch {path.name} again",
        ) from error


def read_object(data: bytes, path: Path, encoding: str = "") -> dict[str, Any]:
    """The single object that a file consists of. Raises GlaswerkError for anything else."""
    return _object(decode(data, path, 0, encoding), path, 1)


def decode(data: bytes, path: Path, offset: int = 0, encoding: str = "", *, after_utf8: bool = False) -> str:
    """UTF-8 text without a byte order mark; text in `encoding` if it is not UTF-8.

    `offset` is the position of `data` in the file, and `after_utf8` says that lines before it have characters
    in UTF-8. Raises GlaswerkError with the offset of the first wrong byte.
    """
    try:
        return data.decode("utf-8-sig" if offset == 0 else "utf-8")
    except UnicodeDecodeError as error:
        if encoding:
            return data.decode(encoding, "replace")
        # utf-8-sig counts from the end of the mark.
        start = error.start + (3 if offset == 0 and data.startswith(b"\xef\xbb\xbf") else 0)
        raise GlaswerkError(
            f"expected UTF-8 in {path}, found byte 0x{data[start]:02x} at offset {offset + start:,}",
            hint=encoding_hint(data, start, after_utf8=after_utf8),
        ) from error


def encoding_hint(data: bytes, place: int = 0, *, after_utf8: bool = False) -> str:
    """The next command for text that is not UTF-8 at `place`, with the encoding that its bytes suggest.

    A text of which most is UTF-8 is not said to be in another encoding for a few bytes.
    """
    right, wrong = _characters(data[max(place - _SAMPLE // 2, 0) : place + _SAMPLE // 2], cut=place > 0)
    # In encodings of East Asia up to two pairs of wrong bytes in five look like one character of UTF-8.
    if right and 2 * right >= wrong:
        return _MEND_IT
    guess = _guess(data)
    if not guess:
        return _MEND_IT if after_utf8 else _NAME_IT
    if after_utf8 and not right:
        return (
            f"the lines before are UTF-8, and this one looks like {guess}: --encoding {guess} is for such "
            "lines only"
        )
    return f"name its encoding, which looks like {guess}: --encoding {guess}"


def _characters(data: bytes, *, cut: bool) -> tuple[int, int]:
    """(characters in UTF-8 beyond ASCII, bytes that are no UTF-8) of a piece of a text."""
    if cut:
        data = data.lstrip(bytes(range(0x80, 0xC0)))
    found = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(data)
    wrong = len(_WRONG.findall(found))
    return len(_NOT_ASCII.findall(found)) - wrong, wrong


def _guess(data: bytes) -> str:
    """The encoding, other than UTF-8, that bytes look like; empty if none."""
    try:
        guess = detect_encoding(data[:_SAMPLE]) or ""
        data[:_SAMPLE].decode(guess, "strict" if len(data) <= _SAMPLE else "ignore")
    except (LookupError, ValueError, TypeError):
        guess = ""
    return guess if guess and guess.lower().replace("-", "") not in ("utf8", "ascii") else ""


def _object(line: str, path: Path, number: int) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise GlaswerkError(
            f"expected a JSON object in {path}, line {number:,}, found {line.strip()[:60]!r}: {error}",
            hint='write one JSON object per line, such as {"text": "…"}',
        ) from error
    if not isinstance(value, dict):
        raise GlaswerkError(
            f"expected a JSON object in {path}, line {number:,}, found {type(value).__name__}",
            hint='write one JSON object per line, such as {"text": "…"}',
        )
    return value


def raw_lines(file: BinaryIO, path: Path) -> Iterator[bytes]:
    """Lines with their line ends. Raises GlaswerkError for a line of ROW_BYTES and for OSError."""
    try:
        while line := file.readline(ROW_BYTES):
            if len(line) == ROW_BYTES:
                raise GlaswerkError(
                    f"expected lines below {ROW_BYTES:,} bytes in {path}, found a longer one",
                    hint="split it into several documents",
                )
            yield line
    except OSError as error:
        raise broken(str(path), error) from error


def broken(label: str, error: BaseException) -> GlaswerkError:
    """The error for a file whose compressed data ends early, is invalid or needs too much memory."""
    if isinstance(error, WideWindow):
        return GlaswerkError(
            f"expected a file that can be unpacked in 128 MiB of memory, found {label} {error}",
            hint=f"unpack it first: zstd -d --long=31 {shlex.quote(label)}",
        )
    return GlaswerkError(
        f"expected a complete file, found {label} broken or cut off: {error}", hint="write or fetch it again"
    )
