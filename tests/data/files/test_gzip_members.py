"""Gzip members: read like the standard library does, and in web archives past a damaged one."""

from __future__ import annotations

import gzip
import random
import zlib
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.data.files.gzip_members import GzipMembers


def unpacked(data: bytes, size: int = 1 << 16) -> bytes:
    stream, found = GzipMembers(BytesIO(data)), b""
    while piece := stream.read1(size):
        found += piece
    return found


@settings(max_examples=50)
@given(st.lists(st.binary(max_size=5000), max_size=4), st.integers(1, 300), st.integers(0, 20))
def test_members_and_padding_are_read_as_by_the_standard_library(
    members: list[bytes], size: int, padding: int
) -> None:
    packed = b"".join(map(gzip.compress, members)) + b"\0" * padding * bool(members)
    assert unpacked(packed, size) == b"".join(members)
    assert unpacked(packed, size) == gzip.decompress(packed)


def test_members_larger_than_a_piece_are_whole() -> None:
    data = random.Random(1).randbytes(300_000) + b"a" * 3_000_000
    assert unpacked(gzip.compress(data) * 2) == data * 2


@pytest.mark.parametrize("cut", [1, 8, 30])
def test_a_cut_member_is_an_error(cut: int) -> None:
    packed = gzip.compress(b"Words of the mill. " * 9)
    with pytest.raises(EOFError):
        unpacked(packed + packed[:-cut])
    with pytest.raises(zlib.error):
        unpacked(packed + b"garbage")


def test_a_damaged_record_of_a_web_archive_is_skipped() -> None:
    records = [gzip.compress(b"WARC/1.0\r\n%d " % n + random.Random(n).randbytes(200_000)) for n in range(3)]
    broken = bytearray(records[1])
    broken[100:120] = b"\xff" * 20
    found = unpacked(records[0] + bytes(broken) + records[2])
    assert b"WARC/1.0\r\n0 " in found
    assert b"\r\n\r\nWARC/1.0\r\n\r\nWARC/1.0\r\n2 " in found
    assert unpacked(records[0] + records[1][:5000] + records[2]).endswith(gzip.decompress(records[2]))
