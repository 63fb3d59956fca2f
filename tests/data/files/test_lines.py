"""JSON in bulk: long lists and long lines in bounded memory, faults with their place."""

from __future__ import annotations

import io
import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files import lines
from glaswerk.data.files.lines import read_list, read_objects


def test_a_list_larger_than_the_limit_of_a_value_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "JSON_VALUE_BYTES", 1 << 17)
    rows = [{"text": f"Row {i} " * 10} for i in range(20_000)]
    assert [row for _, row in read_list(io.BytesIO(json.dumps(rows).encode()), Path("a.json"))] == rows


def test_a_value_beyond_the_limit_is_refused_before_it_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "JSON_VALUE_BYTES", 1 << 17)
    data = io.BytesIO(b'[{"text": "' + b"x" * (1 << 22) + b'"}]')
    with pytest.raises(GlaswerkError, match="found a larger one"):
        list(read_list(data, Path("a.json")))
    assert data.tell() < 1 << 20


def test_a_line_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "ROW_BYTES", 1000)
    with pytest.raises(GlaswerkError, match="found a longer one"):
        list(read_objects(io.BytesIO(b'{"text": "' + b"x" * 2000 + b'"}'), Path("a.jsonl")))


@pytest.mark.parametrize(
    ("data", "found"), [(b'[{"a": 1}, 2]', "int as value 2"), (b'[{"a": 1}, {"b"]', "after value 1")]
)
def test_a_fault_in_a_list_is_told_with_its_place(data: bytes, found: str) -> None:
    with pytest.raises(GlaswerkError, match=found):
        list(read_list(io.BytesIO(data), Path("a.json")))


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_named_error(data: bytes) -> None:
    for start in (b'[{"text": ', b"[", b""):
        with suppress(GlaswerkError):
            list(read_list(io.BytesIO(start + data), Path("a.json")))
        with suppress(GlaswerkError):
            list(read_objects(io.BytesIO(start + data), Path("a.jsonl")))
