"""JSON in bulk: long lists and long lines in bounded memory, faults with their place."""

from __future__ import annotations

import gzip
import io
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files import lines
from glaswerk.data.files.lines import broken, decode, raw_lines, read_list, read_object, read_objects


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


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
ROWS = st.lists(st.dictionaries(st.text(), JSON, max_size=3), max_size=5)


@given(ROWS, st.booleans())
def test_rows_written_as_lines_or_as_a_list_are_read_back(rows: list[object], escaped: bool) -> None:
    written = [json.dumps(row, ensure_ascii=escaped) for row in rows]
    lined = io.BytesIO("\n\n".join(written).encode("utf-8", "replace"))
    listed = io.BytesIO(f"[{', '.join(written)}]".encode("utf-8", "replace"))
    if escaped:
        assert [row for _, row in read_objects(lined, Path("a.jsonl"))] == rows
        assert [row for _, row in read_list(listed, Path("a.json"))] == rows
    else:
        found = [row for _, row in read_objects(lined, Path("a.jsonl"))]
        assert [row for _, row in read_list(listed, Path("a.json"))] == found


@given(st.binary(max_size=60))
def test_no_bytes_raise_anything_but_a_named_error(data: bytes) -> None:
    for start in (b'[{"text": ', b"[", b""):
        for read, name in ((read_list, "a.json"), (read_objects, "a.jsonl")):
            try:
                found = list(read(io.BytesIO(start + data), Path(name)))
            except GlaswerkError:
                continue
            assert all(isinstance(row, dict) for _, row in found)


def lines_of(data: bytes, **more: object) -> list[tuple[int, dict[str, object]]]:
    return list(read_objects(io.BytesIO(data), Path("a.jsonl"), **more))  # type: ignore[arg-type]


def test_lines_are_numbered_as_an_editor_numbers_them() -> None:
    assert lines_of(b'\n{"a": 1}\r\n  \n{"a": 2}') == [(2, {"a": 1}), (4, {"a": 2})]


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert lines_of(b'\xef\xbb\xbf{"a": 1}\n') == [(1, {"a": 1})]


def test_an_empty_file_has_no_rows() -> None:
    assert lines_of(b"") == []
    assert list(read_list(io.BytesIO(b"[]"), Path("a.json"))) == []


def test_broken_lines_are_counted_where_the_caller_wants_it() -> None:
    counts: Counter[str] = Counter()
    found = lines_of(b'{"a": 1}\n{oops\n[1]\n\xff\n{"a": 2}\n', broken=counts)
    assert found == [(1, {"a": 1}), (5, {"a": 2})]
    assert counts == {"broken_record": 3}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"[1, 2]", "found list"),
        (b'"words"', "found str"),
        (b"null", "found NoneType"),
        (b'{"a": ', "line 1"),
        (b"[" * 100_000, "line 1"),
    ],
)
def test_a_line_that_is_no_object_is_refused_with_what_was_found(line: bytes, found: str) -> None:
    with pytest.raises(GlaswerkError, match=found):
        lines_of(line)


def test_a_stated_encoding_is_used_only_for_lines_that_are_not_utf8() -> None:
    data = '{"a": "Grüße"}\n'.encode("windows-1252") + '{"a": "Grüße"}\n'.encode()
    assert [row for _, row in lines_of(data, encoding="windows-1252")] == [{"a": "Grüße"}] * 2
    with pytest.raises(GlaswerkError, match="byte 0xfc at offset 9"):
        lines_of(data)


def test_the_offset_of_a_wrong_byte_counts_the_whole_file() -> None:
    with pytest.raises(GlaswerkError, match="offset 1,003"):
        decode(b"abc\xff", Path("a.txt"), offset=1000)
    with pytest.raises(GlaswerkError, match="offset 6"):
        decode(b"\xef\xbb\xbfabc\xff", Path("a.txt"))


def test_the_values_of_an_inner_list_are_read_by_their_place() -> None:
    data = io.BytesIO(b'{"items": [{"a": 1.5}, {"a": 2}], "more": [{"a": 3}]}')
    assert list(read_list(data, Path("a.json"), "items.item")) == [(1, {"a": 1.5}), (2, {"a": 2})]


def test_one_object_may_span_lines_and_nothing_else_is_taken() -> None:
    assert read_object(b'{\n "a": 1\n}', Path("a.json")) == {"a": 1}
    for data in (b"[]", b"", b"{} {}"):
        with pytest.raises(GlaswerkError, match=r"a\.json"):
            read_object(data, Path("a.json"))


def test_a_stream_that_breaks_becomes_a_named_error(tmp_path: Path) -> None:
    data = bytearray(gzip.compress(b"line\n" * 50_000))
    data[-8] ^= 1  # the checksum
    with pytest.raises(GlaswerkError, match=r"a\.gz broken or cut off"):
        list(raw_lines(gzip.GzipFile(fileobj=io.BytesIO(data)), Path("a.gz")))  # type: ignore[arg-type]


def test_lines_keep_their_ends() -> None:
    assert list(raw_lines(io.BytesIO(b"a\r\nb\n\nc"), Path("a"))) == [b"a\r\n", b"b\n", b"\n", b"c"]


def test_the_error_for_a_broken_file_says_why() -> None:
    error = broken("a.gz", EOFError("ended early"))
    assert "a.gz" in error.message
    assert "ended early" in error.message


def hint_for(data: bytes, read: object = None) -> str:
    with pytest.raises(GlaswerkError) as caught:
        list(read_objects(io.BytesIO(data), Path("a.jsonl"))) if read else decode(data, Path("a.txt"))
    return caught.value.hint or ""


@pytest.mark.parametrize(
    "data",
    [
        "Die Mühle dreht sich. ".encode() * 50 + b"Caf\xe9",
        "Die Mühle dreht sich. ".encode() + b"Caf\xe9 war sch\xf6n.",
        b"\xff" + "Die Mühle".encode(),
        ("老磨坊" * 40_000).encode() + b"\xff" + ("老磨坊" * 40_000).encode(),
        "Die Mühle ist schön ".encode() + "Mühle".encode()[:2],
    ],
)
def test_a_few_wrong_bytes_in_utf_8_are_no_other_encoding(data: bytes) -> None:
    hint = hint_for(data)
    assert "the rest is UTF-8" in hint
    assert "--encoding utf-8" in hint
    assert "\ufffd" in decode(data, Path("a.txt"), encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Die Mühle dreht sich, schön und alt. ", "cp1252"),
        ("Старая мельница у реки. ", "cp1251"),
        ("古い水車小屋が川のそばで回る。", "shift_jis"),
        ("老磨坊在河边转动，又老又美。", "gb18030"),
    ],
)
def test_a_text_in_another_encoding_is_not_said_to_be_utf_8(text: str, encoding: str) -> None:
    assert "looks like" in hint_for((text * 20).encode(encoding))


def test_a_line_in_another_encoding_after_lines_in_utf_8_is_said_to_be_one() -> None:
    first, wrong = '{"text": "Mühle"}\n'.encode(), b'{"text": "Caf\xe9 am Fluss"}\n'
    assert "such lines only" in hint_for(first + wrong, read_objects)
    assert "name its encoding" in hint_for(b'{"text": "Mill"}\n' + wrong, read_objects)
