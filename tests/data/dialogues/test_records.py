"""Rows of dialogues and preferences come from every common wrapping; what is broken is told or counted."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.dialogues.records import read_records
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.files.inputs import InputFile
from glaswerk.data.source import add_chats, add_preferences
from glaswerk.lab import Lab

PAIR = {"prompt": "Who bakes?", "chosen": "Lena.", "rejected": "Nobody."}
LINE = json.dumps(PAIR).encode()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.json", b"[" + LINE + b"]"),
        ("a.jsonl.gz", gzip.compress(LINE, mtime=0)),
        ("a.jsonl.bz2", bz2.compress(LINE)),
        ("a.json.xz", lzma.compress(b"[" + LINE + b"]")),
    ],
)
def test_preferences_and_dialogues_are_told_by_their_content(
    empty_lab: Lab, tmp_path: Path, name: str, data: bytes
) -> None:
    (tmp_path / name).write_bytes(data)
    assert add_preferences(empty_lab, [tmp_path / name], licence="own").stats["documents"] == 1
    chat = data if data[:1] == b"[" else b""
    if chat:
        (tmp_path / name).write_bytes(b'[{"instruction": "Who?", "output": "Lena."}]')
        assert add_chats(empty_lab, [tmp_path / name], licence="own").stats["documents"] == 1


def test_dialogues_come_from_parquet(empty_lab: Lab, tmp_path: Path) -> None:
    pq.write_table(pa.table({"question": ["Who?"], "answer": ["Lena."]}), tmp_path / "a.parquet")
    assert add_chats(empty_lab, [tmp_path / "a.parquet"], licence="own").stats["documents"] == 1


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("b.jsonl", LINE + b"\n{broken\n" + LINE, "broken_record"),
        ("b.parquet", b"PAR1 broken", "broken_file"),
        ("b.jsonl.gz", gzip.compress(LINE * 50, mtime=0)[:-9], "broken_file"),
    ],
)
def test_what_is_broken_is_an_error_or_counted_if_asked(
    empty_lab: Lab, tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    (tmp_path / "a.jsonl").write_bytes(LINE)
    (tmp_path / name).write_bytes(data)
    paths = [tmp_path / "a.jsonl", tmp_path / name]
    with pytest.raises(GlaswerkError):
        add_preferences(empty_lab, paths, licence="own")
    made = add_preferences(empty_lab, paths, licence="own", tolerant=True)
    assert made.stats["left_out"][reason] == 1


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["a.json", "a.jsonl", "a.parquet", "a.jsonl.gz"]), st.binary(max_size=60), st.booleans()
)
def test_no_bytes_raise_anything_but_a_named_error(
    tmp_path: Path, name: str, data: bytes, tolerant: bool
) -> None:
    path = tmp_path / name
    for start in (b"", b"[", b"PAR1", b"\x1f\x8b\x08\x00", LINE):
        path.write_bytes(start + data)
        with suppress(GlaswerkError):
            found = list(read_records(InputFile(path, name), IngestCounts(), tolerant=tolerant))
            assert all(isinstance(row, dict) and str(path) in where for _, where, row in found)
