"""Limits are defined once, and those that depend on one another keep their order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import glaswerk.data
from glaswerk.data.files import limits

DATA = Path(glaswerk.data.__file__).parent
ROOMS = ("files", "documents", "posts", "dialogues", "pictures")
# A public figure of bytes; `SHARD_BYTES` is a size that we write, not one that we accept.
LIMIT = re.compile(r"^([A-Z][A-Z_]*(?:LIMIT|_BYTES|_DEPTH|_PIXELS))\s*=", re.MULTILINE)


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_defines_a_size_limit_of_its_own(room: str) -> None:
    found = {
        name
        for path in (DATA / room).glob("*.py")
        if path.name != "limits.py"
        for name in LIMIT.findall(path.read_text())
    }
    assert found <= {"SHARD_BYTES"}


def test_every_limit_is_a_positive_number() -> None:
    found = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert len(found) > 25
    assert all(isinstance(value, int) and value > 0 for value in found.values())


def test_a_part_may_never_be_larger_than_what_contains_it() -> None:
    assert limits.JSON_VALUE_BYTES <= limits.ROW_BYTES <= limits.TEXT_FILE_BYTES <= limits.UNPACKED_BYTES
    assert limits.DUMP_LINE_BYTES <= limits.DUMP_VALUE_BYTES
    assert limits.BLUESKY_KEY_BYTES < limits.BLUESKY_BLOCK_BYTES < limits.BLUESKY_REPOSITORY_BYTES
    assert limits.MAIL_LINE_BYTES < limits.MAIL_BYTES
    assert limits.PAGE_BYTES < limits.EPUB_BOOK_BYTES
    assert limits.X_ARCHIVE_MEMBER_BYTES < limits.UNPACKED_BYTES
