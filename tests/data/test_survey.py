"""What somebody hands over is sorted into posts, dialogues and documents."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.survey import survey

TWEET = {
    "id_str": "1",
    "created_at": "Wed Oct 10 20:19:24 +0000 2018",
    "full_text": "hello",
    "user": {"id": 1},
}


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
    assert [path.name for path in found.chats] == ["chats.jsonl"]
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
    data = tmp_path / "own" / "twitter" / "data"
    data.mkdir(parents=True)
    (data / "manifest.js").write_text('window.__THAR_CONFIG = {"userInfo": {"userName": "ada"}}')
    (data / "tweets.js").write_text("window.YTD.tweets.part0 = []")
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
