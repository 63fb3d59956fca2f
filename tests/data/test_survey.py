"""What somebody hands over is sorted into posts, dialogues and documents."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.survey import Root, Survey
from glaswerk.data.survey import survey as survey_roots

TWEET = {
    "id_str": "1",
    "created_at": "Wed Oct 10 20:19:24 +0000 2018",
    "full_text": "hello",
    "user": {"id": 1},
}


ARCHIVED = {
    "manifest.js": 'window.__THAR_CONFIG = {"userInfo": {"userName": "ada"}}',
    "tweets.js": "window.YTD.tweets.part0 = []",
}


def survey(paths: list[Path]) -> Survey:
    return survey_roots([Root(path) for path in paths])


def unpack(folder: Path) -> Path:
    (folder / "data").mkdir(parents=True)
    for name, text in ARCHIVED.items():
        (folder / "data" / name).write_text(text)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "own"
    (root / "sub").mkdir(parents=True)
    (root / "notes.md").write_text("# Notes\n\nThe bridge is old.")
    (root / "sub" / "letter.txt").write_text("Dear Anna, the mill burned down.")
    (root / "table.csv").write_text("title,text\nOne,The council met.\n")
    turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    (root / "chats.jsonl").write_text(json.dumps({"messages": turns}) + "\n")
    (root / "stream.jsonl").write_text(json.dumps(TWEET) + "\n")
    (root / "rows.jsonl").write_text(json.dumps({"text": "A row."}) + "\n")
    (root / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with zipfile.ZipFile(root / "x.zip", "w") as archive:
        archive.writestr("data/manifest.js", 'window.__THAR_CONFIG = {"userInfo": {"userName": "ada"}}')
        archive.writestr("data/tweets.js", "window.YTD.tweets.part0 = []")
    return root


def test_each_file_goes_to_its_reader(folder: Path) -> None:
    found = survey([folder])
    assert [path.name for path in found.posts] == ["x.zip"]
    assert [file.name for file in found.chats] == ["chats.jsonl"]
    assert [path.name for path in found.dumps] == ["stream.jsonl"]
    assert {file.name for file in found.documents} == {
        "notes.md",
        "sub/letter.txt",
        "table.csv",
        "rows.jsonl",
    }
    assert found.skipped["picture"] == 1
    assert found.endings == {"md": 1, "txt": 1, "csv": 1, "jsonl": 1}


def test_an_unpacked_archive_is_one_thing(tmp_path: Path) -> None:
    unpack(tmp_path / "own" / "twitter")
    (tmp_path / "own" / "note.txt").write_text("A note.")
    found = survey([tmp_path / "own"])
    assert [path.name for path in found.posts] == ["twitter"]
    assert [file.name for file in found.documents] == ["note.txt"]


def test_nothing_is_said_to_be_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert survey([tmp_path / "empty"]).empty
    with pytest.raises(GlaswerkError, match="found nothing at"):
        survey([tmp_path / "missing"])


@pytest.mark.parametrize("text", ["", "[", '{"messages"', '[{"a": 1}', "[" * 100_000, '"text"', "\0"])
def test_broken_heads_are_documents_or_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    found = survey([tmp_path / "odd.json"])
    assert not found.chats
    assert not found.posts


def test_names_begin_with_the_name_of_their_root_and_the_first_root_has_a_file(folder: Path) -> None:
    found = survey_roots(
        [Root(folder / "sub", "sub"), Root(folder, "own"), Root(folder / "notes.md", "n.md")]
    )
    names = [file.name for file in found.documents]
    assert names == ["sub/letter.txt", "own/notes.md", "own/rows.jsonl", "own/table.csv"]
    alone = survey_roots([Root(folder / "notes.md", "notes-2.md")])
    assert [file.name for file in alone.documents] == ["notes-2.md"]


def test_an_archive_above_the_path_is_not_looked_at(tmp_path: Path) -> None:
    whole = unpack(tmp_path / "twitter")
    (whole / "letters").mkdir()
    (whole / "letters" / "note.txt").write_text("A note.")
    found = survey([whole / "letters"])
    assert not found.posts
    assert [file.name for file in found.documents] == ["note.txt"]
    part = survey([whole / "data"])
    assert part.empty
    assert part.skipped["part_of_an_archive"] == 2
    assert survey([whole]).posts == [whole]


def test_a_lab_in_the_folder_is_left_aside(folder: Path) -> None:
    lab = folder / "lab"
    (lab / "sources").mkdir(parents=True)
    for name in ("lab.toml", "ledger.db", "sources/text.txt"):
        (lab / name).write_text("x")
    found = survey([folder])
    assert found.skipped["lab"] == 1
    assert not [file for file in found.documents if "lab" in file.path.parts]
    (lab / "ledger.db").unlink()
    assert not survey([folder]).skipped["lab"]


def test_a_path_that_cannot_be_read_is_an_error_in_words() -> None:
    unreadable = Path("/proc/self/mem")
    if not unreadable.exists():
        pytest.skip("no file here that even root cannot read")
    with pytest.raises(GlaswerkError, match="expected a file that can be read, found /proc/self/mem"):
        survey([unreadable])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")
def test_a_file_that_cannot_be_read_is_named_and_a_folder_is_an_error(folder: Path) -> None:
    (folder / "notes.md").chmod(0)
    found = survey([folder])
    assert found.skipped["unreadable"] == 1
    assert found.bad.listed[0].name == str(folder / "notes.md")
    (folder / "sub").chmod(0)
    with pytest.raises(GlaswerkError, match="can be read"):
        survey([folder / "sub"])
    (folder / "sub").chmod(0o700)
