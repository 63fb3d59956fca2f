"""UTF-16 and UTF-32 files are read as UTF-8, in pieces of any size, and never raise."""

from __future__ import annotations

import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.files.stored import StoredFile
from glaswerk.data.files.utf8 import as_plain_utf8, as_utf8, wide_encoding

MARKS = {
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}


def stored(data: bytes) -> StoredFile:
    return StoredFile("a.txt", io.BufferedReader(io.BytesIO(data)), data[:64])  # type: ignore[type-var]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])), st.sampled_from(sorted(MARKS)))
def test_text_in_any_wide_encoding_comes_out_as_the_same_text(text: str, encoding: str) -> None:
    data = MARKS[encoding] + text.encode(encoding)
    assert as_utf8(stored(data)).read().decode() == text


@pytest.mark.parametrize("encoding", sorted(MARKS))
def test_text_longer_than_one_piece_is_read_to_its_end(encoding: str) -> None:
    text = "Grüße 🧁 " * 20_000
    stream = as_utf8(stored(MARKS[encoding] + text.encode(encoding)))
    pieces = iter(lambda: stream.read(999), b"")
    assert b"".join(pieces).decode() == text


def test_a_utf8_mark_is_removed_only_by_the_plain_reader() -> None:
    data = codecs.BOM_UTF8 + b"words"
    assert as_utf8(stored(data)).read() == data
    assert as_plain_utf8(stored(data)).read() == b"words"


def test_bytes_without_a_mark_are_passed_through_unchanged() -> None:
    assert as_plain_utf8(stored(b"Gr\xfc\xdfe")).read() == b"Gr\xfc\xdfe"


@given(st.binary(max_size=40), st.sampled_from(sorted(MARKS)))
def test_bytes_that_do_not_decode_become_replacement_characters(data: bytes, encoding: str) -> None:
    assert isinstance(as_utf8(stored(MARKS[encoding] + data)).read().decode(), str)


def test_a_character_cut_in_half_at_the_end_is_replaced() -> None:
    data = codecs.BOM_UTF16_LE + "ab".encode("utf-16-le")[:-1]
    assert as_utf8(stored(data)).read().decode() == "a\ufffd"


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (codecs.BOM_UTF16_LE + b"a\0", "utf-16"),
        (codecs.BOM_UTF16_BE + b"\0a", "utf-16"),
        # The mark of UTF-32 begins with that of UTF-16: the longer one has to win.
        (codecs.BOM_UTF32_LE + b"a\0\0\0", "utf-32"),
        (codecs.BOM_UTF32_BE, "utf-32"),
        (codecs.BOM_UTF8 + b"a", ""),
        (b"plain", ""),
        (b"", ""),
    ],
)
def test_the_longest_mark_names_the_encoding(head: bytes, expected: str) -> None:
    assert wide_encoding(head) == expected
