"""JSON value by value: what is read equals what `json` reads, and depth costs nothing."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.json_stream import BrokenJson, JsonStream, TooDeep, TooLarge
from glaswerk.data.files.lines import read_list
from glaswerk.data.source import add_docs
from glaswerk.lab import Lab


class Drops:
    """A stream that gives a few bytes at a time, as a slow one does."""

    def __init__(self, data: bytes, size: int) -> None:
        self._stream, self._size = io.BytesIO(data), size

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(min(size, self._size) if size >= 0 else self._size)


def listed(data: bytes, place: str = "item", limit: int = 1 << 20, drops: int = 1 << 16) -> list[Any]:
    return list(JsonStream(Drops(data, drops), limit).listed(place))


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.lists(VALUE, max_size=6), st.booleans(), st.sampled_from([None, 1]), st.integers(1, 7))
def test_a_list_is_read_as_json_reads_it(values: list[Any], escaped: bool, indent: int, drops: int) -> None:
    data = json.dumps(values, ensure_ascii=escaped, indent=indent).encode("utf-8", "surrogatepass")
    try:
        expected = json.loads(data)
        data.decode()
    except UnicodeDecodeError:
        return
    assert listed(data, drops=drops) == expected


@given(st.dictionaries(st.text(), VALUE, max_size=4), st.lists(VALUE, max_size=4))
def test_a_list_in_an_object_is_found_wherever_its_key_is(around: dict[str, Any], values: list[Any]) -> None:
    found = {**around, "items": values, "after": [1, {"items": [2]}]}
    data = json.dumps(found).encode()
    assert listed(data, "items.item") == json.loads(data)["items"]


def test_values_longer_than_a_piece_and_numbers_cut_between_pieces_are_whole() -> None:
    values = ["x" * 200_000, 1234567890123456789, "é" * 70_000, -1.5e300, {"a": ["y" * 300_000]}]
    data = json.dumps(values, ensure_ascii=False).encode()
    for drops in (1 << 16, 65_521, 9):
        assert listed(data, drops=drops) == values


@pytest.mark.parametrize(
    "data",
    [
        b"[1, 2",
        b"[1 2]",
        b"[1,]",
        b"[,1]",
        b"[1]]",
        b"[1] 2",
        b"[tru]",
        b'["a]',
        b"[nul",
        b'[{"a"]',
    ],
)
def test_what_is_no_list_is_broken(data: bytes) -> None:
    with pytest.raises(BrokenJson):
        listed(data)


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":', '[[1,{"b":2}],'])
@pytest.mark.parametrize("levels", [20_000, 200_000])
def test_a_record_nested_deep_is_refused_in_little_memory(opening: str, levels: int) -> None:
    data = b'[{"text": "A seal.", "x": ' + opening.encode() * levels
    tracemalloc.start()
    try:
        with pytest.raises(TooDeep):
            listed(data, limit=16 << 20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 << 20


def test_values_before_and_the_place_of_a_deep_one_are_told() -> None:
    data = b'[{"text": "A seal."}, {"x": ' + b"[" * 30_000 + b"]" * 30_000 + b"}]"
    found = []
    with pytest.raises(GlaswerkError, match="value 2 nested too deep"):
        found.extend(row for _, row in read_list(io.BytesIO(data), Path("deep.json")))
    assert next(read_list(io.BytesIO(data), Path("deep.json"))) == (1, {"text": "A seal."})


def test_a_deep_file_in_a_folder_is_counted(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "good.txt").write_text("A harbour seal slept on the pier all day.")
    (folder / "deep.json").write_bytes(b'[{"x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}]")
    (folder / "lines.jsonl").write_bytes(b'{"x": ' + b"[" * 20_000 + b"]" * 20_000 + b"}\n")
    made = add_docs(empty_lab, [folder], licence="own")
    assert made.stats["documents"] == 1
    assert {bad["file"] for bad in made.stats["bad_files"]} == {"deep.json", "lines.jsonl"}


def test_a_value_beyond_the_limit_is_refused() -> None:
    with pytest.raises(TooLarge):
        listed(b'["' + b"x" * 5_000_000 + b'"]')
    with pytest.raises(TooLarge):
        listed(b"[[" + b"1," * 5_000_000)


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("chats.list.item.messages.item", [1, 2, 3]),
        ("chats.list.item.name", ["a", "b"]),
        ("chats.name", ["all"]),
        ("messages.item", []),
        ("chats.item", []),
        ("item", []),
    ],
)
def test_values_are_found_at_any_place(place: str, found: list[Any]) -> None:
    chats = [{"name": "a", "messages": [1, 2]}, {"messages": [3], "name": "b"}, {"messages": {"x": [4]}}, 5]
    data = json.dumps({"about": ["x"], "chats": {"name": "all", "list": chats}}).encode()
    assert listed(data, place) == found
