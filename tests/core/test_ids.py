"""Ids name content: equal content has one id, other content another, and an id says its algorithm."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.ids import (
    digest_bytes,
    digest_file,
    digest_files,
    digest_json,
    digest_text,
    short,
)

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=st.dictionaries(st.text(), _JSON, max_size=4))
def test_the_order_of_keys_does_not_change_an_id(value: dict[str, object]) -> None:
    assert digest_json(value) == digest_json(dict(reversed(value.items())))


@given(data=st.binary(max_size=200))
def test_an_id_is_the_algorithm_and_40_hexadecimal_digits(data: bytes) -> None:
    assert re.fullmatch(r"b2:[0-9a-f]{40}", digest_bytes(data))


def test_a_known_digest_stays_what_it_is() -> None:
    assert digest_bytes(b"glass") == "b2:" + hashlib.blake2b(b"glass", digest_size=20).hexdigest()
    assert digest_text("glass") == digest_bytes(b"glass")
    # A change of these would make every artifact of every lab stale.
    assert digest_text("") == "b2:3345524abf6bbe1809449224b5972c41790b6cf2"
    assert digest_json({"b": [1, "ß"], "a": None}) == digest_text('{"a":null,"b":[1,"ß"]}')


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_a_files_id_is_that_of_its_bytes_across_the_borders_of_pieces(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "f").write_bytes(data)
    assert digest_file(tmp_path / "f") == digest_bytes(data)


@pytest.mark.parametrize(
    ("one", "other"), [("a\ud800", "a\ud801"), ("a\ud800", "a?"), ("\ufffd", "?"), ("é", "e\u0301")]
)
def test_texts_that_look_alike_have_different_ids(one: str, other: str) -> None:
    assert digest_text(one) != digest_text(other)


def test_the_id_of_a_set_of_files_depends_on_names_and_contents_not_on_their_order() -> None:
    files = {"a": digest_text("1"), "b": digest_text("2")}
    assert digest_files(files) == digest_files({"b": digest_text("2"), "a": digest_text("1")})
    assert digest_files(files) != digest_files({"a": digest_text("2"), "b": digest_text("1")})
    assert digest_files({}) != digest_files(files)


def test_a_missing_file_has_no_id(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        digest_file(tmp_path / "none")


def test_a_short_id_drops_the_algorithm_and_keeps_the_beginning() -> None:
    whole = digest_text("x")
    assert short(whole) == whole[3:15]
    assert short(whole, 40) == whole[3:]
    assert short(short(whole)) == short(whole)
