"""Files that are no content: named, and nothing stops."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.bad_files import LISTED, BadFiles, damage, is_hollow
from glaswerk.data.source import add_chats, add_docs
from glaswerk.lab import Artifact, Lab

ROOT = os.geteuid() == 0
TEXT = "The old mill stands by the river, and its wheel still turns."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good file."""
    made = tmp_path / "notes"
    made.mkdir()
    (made / "good.txt").write_text(TEXT)
    return made


def sparse(path: Path, size: int) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    if path.stat().st_blocks:
        pytest.skip("this file system stores holes")
    return path


def docs(lab: Lab, *paths: Path, strict: bool = False) -> Artifact:
    return add_docs(lab, paths, licence="own", name="notes", strict=strict)


def named(made: Artifact) -> dict[str, str]:
    return {bad["file"]: bad["reason"] for bad in made.stats.get("bad_files", [])}


def test_a_terabyte_of_nothing_in_a_folder_is_named_and_not_read(empty_lab: Lab, folder: Path) -> None:
    sparse(folder / "huge.bin", 10**12)
    made = docs(empty_lab, folder)
    assert made.stats["documents"] == 1
    assert named(made) == {"huge.bin": "bomb"}
    assert made.stats["left_out"] == {"bomb": 1}


def test_a_terabyte_of_nothing_alone_is_an_error(empty_lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="sparse"):
        docs(empty_lab, sparse(tmp_path / "huge.txt", 10**12))


def test_a_few_bytes_before_a_large_hole_do_not_hide_it(tmp_path: Path) -> None:
    file = sparse(tmp_path / "huge.txt", 10**11)
    with file.open("r+b") as out:
        out.write(TEXT.encode())
        out.seek(10**10)
        out.write(TEXT.encode())
    assert is_hollow(file)


@pytest.mark.parametrize("size", [0, 1, 10**6, 90 * 10**6])
def test_small_files_may_have_holes(tmp_path: Path, size: int) -> None:
    assert not is_hollow(sparse(tmp_path / "small", size))


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes on Linux alone")
def test_odd_names_and_things_that_are_no_files_do_not_stop_a_folder(empty_lab: Lab, folder: Path) -> None:
    for name in (b"new\nline.txt", b"caf\xe9.txt", "right\u202eleft.txt".encode(), b"esc\x1b[2J.txt"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text(f"{TEXT} {name!r}")
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "around").symlink_to(".")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "out").symlink_to("/etc/hostname")
    server = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(folder)  # a socket's path may have 108 bytes
    try:
        server.bind("socket")
    finally:
        os.chdir(here)
        server.close()
    made = docs(empty_lab, folder)
    assert made.stats["documents"] == 5
    assert sorted(made.config["files"]) == sorted(
        [r"caf\xe9.txt", r"esc\x1b[2J.txt", "good.txt", r"new\nline.txt", r"right\u202eleft.txt"]
    )
    # A pipe, a socket, a link to itself and one to nothing.
    assert made.stats["left_out"] == {"outside_link": 1, "unsupported_file": 4}


BAD = {
    "broken.jsonl": b'{"text": "a complete line of the mill"}\n{"text": \n',
    "broken.json": b'[{"text": "a complete value of the mill"}, {"text": ',
    "latin.jsonl": '{"text": "Grüße"}\n'.encode("latin-1"),
    "open.csv": b'text,author\n"never closed,Ada\nmore,Bo\n',
    "cut.parquet": b"PAR1" + b"\0" * 50,
    "cut.txt.gz": b"\x1f\x8b\x08\0\0\0\0\0\0\x03K",
    "broken.pdf": b"%PDF-1.4\nnothing more",
}


@pytest.mark.parametrize("name", sorted(BAD))
def test_a_bad_file_in_a_folder_is_named_and_the_rest_is_read(
    empty_lab: Lab, folder: Path, name: str
) -> None:
    (folder / name).write_bytes(BAD[name])
    (folder / "zuletzt.txt").write_text("The last file of the folder is read as well, after the bad one.")
    made = docs(empty_lab, folder)
    assert made.stats["documents"] >= 2
    assert set(named(made)) == {name}
    assert sum(made.stats["left_out"].values()) >= 1
    assert docs(empty_lab, folder).stats["bad_file_count"] == 1


@pytest.mark.parametrize("name", sorted(BAD))
def test_strict_stops_at_a_bad_file_even_if_it_was_added_before(
    empty_lab: Lab, folder: Path, name: str
) -> None:
    (folder / name).write_bytes(BAD[name])
    with pytest.raises(GlaswerkError, match=name):
        docs(empty_lab, folder, strict=True)
    docs(empty_lab, folder)
    with pytest.raises(GlaswerkError, match=name):
        docs(empty_lab, folder, strict=True)


@pytest.mark.parametrize("name", ["broken.jsonl", "broken.json", "latin.jsonl", "open.csv", "cut.parquet"])
def test_a_bad_file_named_alone_stays_an_error(empty_lab: Lab, folder: Path, name: str) -> None:
    (folder / name).write_bytes(BAD[name])
    with pytest.raises(GlaswerkError, match=name):
        docs(empty_lab, folder / name)
    assert empty_lab.all("source") == []


def test_a_folder_of_bad_files_alone_says_what_is_wrong_with_the_first(empty_lab: Lab, folder: Path) -> None:
    (folder / "good.txt").rename(folder / "broken.jsonl")
    with pytest.raises(GlaswerkError) as error:
        docs(empty_lab, folder)
    assert "broken_file 1" in error.value.message
    assert "line 1" in error.value.message


def test_a_bad_file_of_dialogues_does_not_stop_a_folder_either(empty_lab: Lab, folder: Path) -> None:
    turns = [{"role": "user", "content": "Where is the mill?"}, {"role": "assistant", "content": "There."}]
    (folder / "a.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    (folder / "b.jsonl").write_text("{]\n")
    (folder / "c.parquet").write_bytes(b"no parquet")
    made = add_chats(empty_lab, [folder], licence="own")
    assert made.stats["documents"] == 1
    assert named(made) == {"b.jsonl": "broken_file", "c.parquet": "broken_file"}
    with pytest.raises(GlaswerkError):
        add_chats(empty_lab, [folder], licence="own", strict=True)


@pytest.mark.skipif(ROOT, reason="root may read everything")
def test_what_may_not_be_read_is_named(empty_lab: Lab, folder: Path) -> None:
    (folder / "secret.txt").write_text(TEXT)
    (folder / "secret.txt").chmod(0)
    (folder / "closed").mkdir(mode=0)
    try:
        made = docs(empty_lab, folder)
    finally:
        (folder / "closed").chmod(0o700)
    assert set(named(made).values()) == {"unreadable"}
    assert made.stats["left_out"] == {"unreadable": 2}


def test_only_so_many_bad_files_are_listed_but_all_are_counted() -> None:
    bad = BadFiles()
    for number in range(LISTED + 5):
        bad.add(f"{number}.txt", "broken_file", "x" * 10_000)
    assert bad.count == LISTED + 5
    assert len(bad.listed) == LISTED
    assert len(bad.listed[0].error) < 1000


def test_damage_is_what_was_counted_since() -> None:
    assert damage({"cut_off": 1}, Counter(cut_off=1, no_text=5)) == ""
    assert damage({"cut_off": 1}, Counter(cut_off=2)) == "cut_off"
