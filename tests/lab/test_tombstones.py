"""Marks of what is to be forgotten: durable, each once, never lost to a damaged line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.lab.tombstones import Forgotten, Kind, Tombstone, plain_handle

KINDS: tuple[Kind, ...] = ("id", "author", "source")
_STONES = st.lists(st.builds(Tombstone, st.sampled_from(KINDS), st.text(), st.text(), st.text()), max_size=6)


def test_a_lab_without_marks_forgets_nothing(tmp_path: Path) -> None:
    found = Forgotten.read(tmp_path)
    assert (found.tombstones, found.digest) == ((), "")
    assert found.ids == found.authors == found.sources == frozenset()


@settings(max_examples=40, deadline=None)
@given(stones=_STONES)
def test_marks_survive_the_file_whatever_is_in_them(
    tmp_path_factory: pytest.TempPathFactory, stones: list[Tombstone]
) -> None:
    folder = tmp_path_factory.mktemp("marks")
    marks = Forgotten().with_more(stones)
    marks.write(folder)
    found = Forgotten.read(folder)
    assert [(s.kind, s.value, s.why) for s in found.tombstones] == [
        (s.kind, s.value, s.why) for s in marks.tombstones
    ]
    assert found.digest == marks.digest


def test_a_mark_without_a_time_gets_one_and_another_keeps_its_own(tmp_path: Path) -> None:
    then = "2020-01-02T03:04:05+00:00"
    Forgotten((Tombstone("id", "a"), Tombstone("id", "b", then))).write(tmp_path)
    first, second = Forgotten.read(tmp_path).tombstones
    assert first.at.endswith("+00:00")
    assert second.at == then


@pytest.mark.parametrize("value", ["a\u2028b", "a\nb", "a\x85b", "\ud800", "é"])
def test_every_mark_is_one_line_of_ascii(tmp_path: Path, value: str) -> None:
    Forgotten((Tombstone("id", value), Tombstone("id", "next"))).write(tmp_path)
    lines = (tmp_path / "forgotten.jsonl").read_bytes().splitlines()
    assert len(lines) == 2
    assert all(line.isascii() for line in lines)
    assert Forgotten.read(tmp_path).ids == {value, "next"}


def test_marking_twice_keeps_the_first_mark_and_its_time() -> None:
    first = Tombstone("id", "a", "2020-01-01", "asked")
    marks = Forgotten((first,)).with_more([Tombstone("id", "a", "2021-01-01"), Tombstone("source", "a")])
    assert marks.tombstones == (first, Tombstone("source", "a"))


@pytest.mark.parametrize("other", ["Anna", "@anna", " ANNA ", "@AnNa"])
def test_handles_are_one_author_in_any_case_and_with_or_without_at(other: str) -> None:
    marks = Forgotten((Tombstone("author", "anna"),))
    assert marks.with_more([Tombstone("author", other)]) == marks
    assert plain_handle(other) == "anna"
    assert Forgotten((Tombstone("author", other),)).authors == {"anna"}


def test_ids_and_sources_differ_by_case() -> None:
    marks = Forgotten().with_more([Tombstone("id", "A"), Tombstone("id", "a"), Tombstone("source", "S")])
    assert marks.ids == {"A", "a"}
    assert marks.sources == {"S"}


@given(stones=_STONES)
def test_the_digest_depends_on_what_is_marked_alone(stones: list[Tombstone]) -> None:
    marks = Forgotten().with_more(stones)
    other = Forgotten().with_more(Tombstone(s.kind, s.value, "later", "why") for s in reversed(stones))
    assert marks.digest == other.digest
    assert bool(marks.digest) is bool(stones)
    more = marks.with_more([Tombstone("id", "one that no list here holds, for its length")])
    assert more.digest != marks.digest


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"3",
        b'{"kind": "id"}',
        b'{"kind": "post", "value": "x"}',
        b'{"kind": "id", "value": 3}',
        b'{"kind": "id", "value": "x", "more": 1}',
        b"\xff\xfe",
        b'{"kind": "id", "value": "x"',
    ],
)
def test_a_damaged_line_is_an_error_with_its_number_as_it_may_be_a_deletion(
    tmp_path: Path, line: bytes
) -> None:
    good = json.dumps({"kind": "id", "value": "x"}).encode()
    (tmp_path / "forgotten.jsonl").write_bytes(good + b"\n" + line + b"\n")
    with pytest.raises(GlaswerkError, match=r"forgotten\.jsonl, line 2, found") as error:
        Forgotten.read(tmp_path)
    assert '"kind"' in str(error.value.hint)


def test_empty_lines_and_windows_line_ends_are_no_damage(tmp_path: Path) -> None:
    (tmp_path / "forgotten.jsonl").write_bytes(b'\n{"kind": "id", "value": "x"}\r\n  \n\n')
    assert Forgotten.read(tmp_path).ids == {"x"}
