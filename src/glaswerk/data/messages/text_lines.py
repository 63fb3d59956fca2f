"""The lines of a text file of messages, one in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator

from glaswerk.data.files.limits import MAIL_LINE_BYTES, TEXT_FILE_BYTES
from glaswerk.data.files.stored import Bomb, StoredFile


def text_lines(stored: StoredFile) -> Iterator[str]:
    """Lines without their ends; bytes that are no UTF-8 become U+FFFD. Raises Bomb beyond TEXT_FILE_BYTES."""
    left = TEXT_FILE_BYTES
    while raw := stored.stream.readline(MAIL_LINE_BYTES):
        left -= len(raw)
        if left < 0:
            raise Bomb(f"more than {TEXT_FILE_BYTES:,} bytes")
        yield raw.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
