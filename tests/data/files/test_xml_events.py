"""XML is a stream of events: nothing is expanded or fetched, and nothing grows without bound."""

from __future__ import annotations

import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.xml_events import BrokenXml, Event, xml_events


def events(data: bytes) -> list[Event]:
    return list(xml_events(io.BytesIO(data)))


def test_elements_and_text_come_in_order_without_prefixes() -> None:
    found = events(b'<?xml version="1.0"?><w:a x:b="1">Mill &amp; river<c/></w:a>')
    assert found == [("a", {"b": "1"}), ("", "Mill & river"), ("c", {}), ("c", None), ("a", None)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1251"])
def test_a_declared_encoding_is_read(encoding: str) -> None:
    text = "Мир" if encoding != "iso-8859-1" else "Mühle"
    data = f'<?xml version="1.0" encoding="{encoding}"?><a>{text}</a>'.encode(encoding)
    assert ("", text) in events(data)


def test_what_comes_before_a_fault_is_given() -> None:
    stream = xml_events(io.BytesIO(b"<a>Mill<b/></c>"))
    assert [next(stream) for _ in range(4)] == [("a", {}), ("", "Mill"), ("b", {}), ("b", None)]
    with pytest.raises(BrokenXml):
        next(stream)


@pytest.mark.parametrize(
    "data", [b"", b"<a>", b"<a", b"Mill", b'<?xml version="1.0" encoding="klingon"?><a/>']
)
def test_a_cut_or_foreign_file_is_broken(data: bytes) -> None:
    with pytest.raises(BrokenXml):
        events(data)


LAUGHS = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>'.encode(), "declared_entities"),
        (b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/hostname">]><a>&f;</a>', "declared_entities"),
        (b'<!DOCTYPE a [<!ENTITY % f SYSTEM "file:///etc/hostname"> %f;]><a/>', "declared_entities"),
        (b"<a>" * 100_000, "nested_too_deep"),
        (b"<a><!--" + b"x" * (5 << 20) + b"--></a>", "bomb"),
        (b"<a " + b" ".join(b'a%d=""' % i for i in range(800_000)) + b"/>", "bomb"),
    ],
)
def test_a_hostile_file_is_left_out_under_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(LeftOut) as caught:
        events(data)
    assert caught.value.reason == reason


def test_an_external_document_type_is_not_fetched() -> None:
    assert ("", "Mill") in events(b'<!DOCTYPE a SYSTEM "file:///nothing/at/all.dtd"><a>Mill</a>')


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_our_errors(data: bytes) -> None:
    found: list[Event] = []
    with suppress(BrokenXml, LeftOut):
        found.extend(xml_events(io.BytesIO(data)))
    assert all(isinstance(name, str) for name, _ in found)
