"""A file that is written is the old one or the new one, never a part, and leaves nothing else behind."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.files import (
    create_private,
    fsync_path,
    sweep_temporaries,
    temporary_of,
    write_atomic,
    write_json,
)
from glaswerk.lab import Lab


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path: Path) -> None:
    path = tmp_path / "f"
    write_atomic(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomic(path, "new \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_file_is_an_error_and_stays(tmp_path: Path) -> None:
    (tmp_path / "f" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        write_atomic(tmp_path / "f", "new")
    assert (tmp_path / "f" / "inside").is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["f"]


@pytest.mark.parametrize("data", [b"", b"\x00\xff", b"a\r\nb\n"])
def test_bytes_are_written_as_they_are(tmp_path: Path, data: bytes) -> None:
    write_atomic(tmp_path / "f", data)
    assert (tmp_path / "f").read_bytes() == data


def test_text_keeps_its_line_ends_and_is_utf_8(tmp_path: Path) -> None:
    write_atomic(tmp_path / "f", "Straße\r\n")
    assert (tmp_path / "f").read_bytes() == b"Stra\xc3\x9fe\r\n"


@pytest.mark.parametrize(("mode", "expected"), [(0o600, 0o600), (0o666, 0o644)])
def test_a_file_is_readable_as_asked_less_the_umask_also_when_it_replaces_another(
    tmp_path: Path, mode: int, expected: int
) -> None:
    before = os.umask(0o022)
    try:
        (tmp_path / "f").write_text("old")
        (tmp_path / "f").chmod(0o640)
        write_atomic(tmp_path / "f", "new", mode)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == expected


def test_a_link_is_replaced_and_its_target_left_alone(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_atomic(tmp_path / "link", "new")
    assert (tmp_path / "target").read_text() == "old"
    assert not (tmp_path / "link").is_symlink()


@given(
    value=st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers() | st.booleans() | st.none())
)
def test_json_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]
) -> None:
    path = tmp_path_factory.mktemp("json") / "f.json"
    write_json(path, value)
    assert json.loads(path.read_text(encoding="utf-8")) == value


def test_json_is_readable_by_people(tmp_path: Path) -> None:
    write_json(tmp_path / "f", {"name": "Straße"})
    assert (tmp_path / "f").read_text(encoding="utf-8") == '{\n  "name": "Straße"\n}\n'


def test_folders_and_files_can_be_flushed_and_missing_ones_cannot(tmp_path: Path) -> None:
    fsync_path(tmp_path)
    with pytest.raises(FileNotFoundError):
        fsync_path(tmp_path / "none")


def test_temporary_files_of_processes_that_are_gone_are_swept_and_others_stay(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    deep = tmp_path / "runs" / "deep"
    deep.mkdir(parents=True)
    left = [deep / f".metrics.jsonl.{gone.pid}.tmp", tmp_path / ".best.safetensors.99999999999999999999.tmp"]
    stay = [
        temporary_of(tmp_path / "being-written"),
        deep / f".of-another.{os.getppid()}.tmp",
        deep / f"visible.{gone.pid}.tmp",
        deep / ".no-number.tmp",
        deep / f".{gone.pid}.tmp.txt",
    ]
    for path in (*left, *stay):
        path.write_text("text")
    assert sorted(sweep_temporaries(tmp_path)) == sorted(left)
    assert [path.exists() for path in (*left, *stay)] == [False] * 2 + [True] * 5


def test_a_file_of_the_same_process_number_from_before_this_process_is_swept(tmp_path: Path) -> None:
    path = temporary_of(tmp_path / "file")
    path.write_text("text")
    os.utime(path, (1, 1))
    assert sweep_temporaries(tmp_path) == [path]


def test_next_to_a_file_outside_the_lab_only_its_own_temporary_files_are_swept(tmp_path: Path) -> None:
    names = (".chat.gguf.99999999.tmp", ".chat.gguf.bak.99999999.tmp", ".other.gguf.99999999.tmp")
    (tmp_path / "below").mkdir()
    paths = [*(tmp_path / name for name in names), tmp_path / "below" / names[0]]
    for path in paths:
        path.write_text("text")
    assert sweep_temporaries(tmp_path, of="chat.gguf") == paths[:1]


def test_whoever_writes_to_a_lab_sweeps_it(empty_lab: Lab) -> None:
    left = empty_lab.root / "runs" / "0123" / ".best.safetensors.99999999.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("weights")
    with empty_lab.writing():
        assert not left.exists()


def test_a_private_file_is_its_owners_and_one_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "f"
    create_private(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("kept")
    path.chmod(0o644)
    create_private(path)
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("kept", 0o644)


def test_locks_of_another_thread_on_a_database_that_is_there_hold(tmp_path: Path) -> None:
    path = tmp_path / "f.db"
    create_private(path)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("CREATE TABLE t (x)")
    holder.execute("BEGIN IMMEDIATE")
    create_private(path)
    code = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    other = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    holder.close()
    assert "database is locked" in other.stderr
