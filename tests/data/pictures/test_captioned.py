"""Pictures and captions are paired in folders, tars and Parquet files, and faults have a place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from x_pictures import BLUE, RED, folder, lines, parquet, tar

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.pictures import captioned
from glaswerk.data.pictures.captioned import CaptionedPicture, CaptionedReader, find_pictures


def read(
    path: Path, *, text_column: str = "", tolerant: bool = False
) -> tuple[list[CaptionedPicture], dict[str, int]]:
    """The pictures at a path, and what was left out."""
    counts = IngestCounts()
    reader = CaptionedReader(counts, text_column, tolerant)
    return list(reader.read(find_pictures([path], counts))), dict(+counts.left_out)


def test_a_named_picture_brings_the_text_of_the_same_name(tmp_path: Path) -> None:
    folder(tmp_path, {"a.png": RED, "a.txt": "red", "b.txt": "not of this picture"})
    ((found,), left_out) = read(tmp_path / "a.png")
    assert (found.id, found.data, found.captions) == ("a.png", RED, ("red",))
    assert left_out == {}


def test_loose_pictures_come_before_containers_each_in_the_order_of_names(tmp_path: Path) -> None:
    folder(tmp_path, {"z.png": RED, "z.txt": "z", "b.png": RED, "b.txt": "b"})
    tar(tmp_path / "a.tar", {"k.png": BLUE, "k.txt": "k"})
    assert [found.id for found in read(tmp_path)[0]] == ["b.png", "z.png", "a.tar#k.png"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"text": "a", "caption": "b"}, ("a",)),
        ({"text": " ", "captions": ["b", "", " c "]}, ("b", "c")),
        ({"description": 7, "alt_text": "d"}, ("d",)),
        ({"other": "e"}, ()),
    ],
)
def test_the_first_field_with_words_gives_the_captions(
    tmp_path: Path, said: dict[str, object], expected: tuple[str, ...]
) -> None:
    folder(tmp_path, {"a.png": RED, "metadata.jsonl": lines({"file_name": "a.png", **said})})
    ((found,), _) = read(tmp_path)
    assert found.captions == expected


def test_a_picture_that_metadata_names_is_not_read_again_with_its_text(tmp_path: Path) -> None:
    rows = lines({"file_name": "./a.png", "text": "from metadata"})
    folder(tmp_path, {"a.png": RED, "a.txt": "from a text", "metadata.jsonl": rows})
    assert [found.captions for found in read(tmp_path)[0]] == [("from metadata",)]


def test_a_picture_that_is_named_and_not_there_has_no_data(tmp_path: Path) -> None:
    folder(tmp_path, {"a.png": RED, "metadata.jsonl": lines({"file_name": "b.png", "text": "b"})})
    found = {picture.id: picture.data for picture in read(tmp_path)[0]}
    assert found == {"b.png": None, "a.png": RED}


def test_of_a_tar_the_class_is_used_only_without_words(tmp_path: Path) -> None:
    files = {"1.png": RED, "1.cls": "boat", "2.png": BLUE, "2.cls": "boat", "2.txt": "a blue boat"}
    found, _ = read(tar(tmp_path / "t.tar", files))
    assert [picture.captions for picture in found] == [("boat",), ("a blue boat",)]


def test_several_pictures_of_one_key_share_their_captions(tmp_path: Path) -> None:
    files = {"1.left.png": RED, "1.right.png": BLUE, "2.png": RED, "2.jpg": BLUE, "2.txt": "both"}
    found, left_out = read(tar(tmp_path / "t.tar", files))
    assert [(picture.id, picture.captions) for picture in found] == [
        ("t.tar#2.png", ("both",)),
        ("t.tar#2.jpg", ("both",)),
    ]
    assert left_out == {"unsupported_file": 2}


@pytest.mark.parametrize("said", ["[]", "{oops", "7", json.dumps({"text": "x" * 2000})])
def test_a_description_that_is_broken_or_too_long_is_an_error_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    monkeypatch.setattr(captioned, "CAPTION_BYTES", 1000)
    path = tar(tmp_path / "t.tar", {"1.png": RED, "1.json": said})
    with pytest.raises(GlaswerkError, match=r"JSON object below 1,000 bytes in .*t\.tar, 1, found"):
        read(path)
    (found,), left_out = read(path, tolerant=True)
    assert (found.captions, left_out) == ((), {"broken_record": 1})


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"text": "no picture"}, "expected a column of pictures"),
        ({"a": b"1", "b": b"2", "text": "two"}, "expected a column of pictures"),
        ({"image": RED, "words": "x"}, "expected a column of captions"),
    ],
)
def test_a_table_without_pictures_or_captions_names_its_columns(
    tmp_path: Path, row: dict[str, object], message: str
) -> None:
    path = parquet(tmp_path / "t.parquet", [row])
    with pytest.raises(GlaswerkError, match=f"{message}.*found {', '.join(row)}"):
        read(path)
    assert read(path, tolerant=True) == ([], {"broken_file": 1})


def test_the_only_binary_column_is_the_picture_whatever_its_name(tmp_path: Path) -> None:
    rows = [{"pixels": RED, "caption": "red", "author": "Hazel", "width": 8}]
    ((found,), _) = read(parquet(tmp_path / "t.parquet", rows))
    assert (found.data, found.captions, found.fields["author"]) == (RED, ("red",), "Hazel")
    assert "width" not in found.fields


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    folder(tmp_path, {"one/a.png": RED, "two/a.png": BLUE})
    with pytest.raises(GlaswerkError, match=r"a\.png twice"):
        find_pictures([tmp_path / "one", tmp_path / "two"], IngestCounts())


def test_other_files_in_a_folder_are_counted_by_what_they_are(tmp_path: Path) -> None:
    counts = IngestCounts()
    folder(tmp_path, {"a.png": RED, "b.HEIC": "x", "c.md": "x", "d.txt": "no picture of this name"})
    assert [file.name for file in find_pictures([tmp_path], counts)] == ["a.png"]
    assert counts.left_out == {"unsupported_picture": 1, "unsupported_file": 2}
