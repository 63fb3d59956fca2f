"""A file of deletions is read whole: every line is a mark, a comment, blank, or an error that names it."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.removal.marks import read_marks

LINES = b"""\xef\xbb\xbf# asked for on 3 May
1850000000000000001
x:1850000000000000002

https://x.com/hazel/status/1850000000000000003?s=20
  @Hazel_Hogben\r
https://twitter.com/otis/
rows:rows.jsonl#1
{"delete":{"status":{"id":1850000000000000004,"id_str":"1850000000000000004","user_id":7},"timestamp_ms":"1"}}
{"delete": {"status": {"id": 1850000000000000005}}}"""


def marks(path: Path, data: bytes) -> list[tuple[str, str]]:
    path.write_bytes(data)
    return [(stone.kind, stone.value) for stone in read_marks(path)]


def test_ids_addresses_handles_and_delete_events_become_marks(tmp_path: Path) -> None:
    assert marks(tmp_path / "marks.txt", LINES) == [
        ("id", "x:1850000000000000001"),
        ("id", "x:1850000000000000002"),
        ("id", "x:1850000000000000003"),
        ("author", "@Hazel_Hogben"),
        ("author", "otis"),
        ("id", "rows:rows.jsonl#1"),
        ("id", "x:1850000000000000004"),
        ("id", "x:1850000000000000005"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"hazel",
        b"https://example.org/hazel",
        b"x:hazel",
        b"@hazel and @otis",
        b'{"delete":{"favorite":{"id":5}}}',
        b'{"delete":{"status":{"id_str":"hazel"}}}',
        b'{"delete":{"status":{"id":true}}}',
        b'{"scrub_geo":{"user_id":5}}',
        b'{"delete":',
        b"[" * 100_000,
        b"{" * 100_000,
        b"\xff\xfe",
        b"5" * (1 << 20),
        b"5" * 30,
    ],
)
def test_a_line_that_is_none_of_these_is_an_error_that_names_it(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(GlaswerkError, match=r"marks.txt, line 3, found b") as caught:
        marks(tmp_path / "marks.txt", b"# all\nx:5\n" + line + b"\nx:6\n")
    assert "x:1850" in str(caught.value.hint)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200), st.integers(0, len(LINES)), st.integers(0, 40))
def test_whatever_a_file_holds_it_gives_marks_or_a_clean_error(
    tmp_path: Path, more: bytes, place: int, cut: int
) -> None:
    data = LINES[:place] + more + LINES[place + cut :]
    with suppress(GlaswerkError):
        found = marks(tmp_path / "marks.txt", data)
        assert all(kind in ("id", "author") and value for kind, value in found)
