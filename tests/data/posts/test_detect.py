"""Every file of a folder is read for what it is, and posts of two kinds are never one source."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from x_archives import members, tweet, write_folder, write_zip
from x_docs import documents, zipped
from x_exports import lines, note, outbox, status

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.source import add_likes, add_posts
from glaswerk.lab import Lab

POST = lines(status(1, "from a dump"))


def write(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def kind(folder: Path, name: str) -> None:
    """Puts posts of a kind into a folder."""
    if name == "dump":
        write(folder / "sub" / "stream.jsonl", POST)
    elif name == "export":
        write(folder / "outbox.json", outbox(note(1, "<p>Hello</p>")))
    elif name == "zip":
        write_zip(folder / "twitter.zip", members([tweet(1, "own")]))
    else:
        write_folder(folder / "sub" / "unpacked", members([tweet(1, "own")]))


@pytest.mark.parametrize(
    ("one", "other"),
    [("zip", "dump"), ("zip", "export"), ("unpacked", "dump"), ("unpacked", "export"), ("dump", "export")],
)
def test_a_folder_of_two_kinds_is_refused_with_both_named(
    empty_lab: Lab, tmp_path: Path, one: str, other: str
) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    kind(folder, one)
    kind(folder, other)
    with pytest.raises(GlaswerkError, match="found both") as raised:
        add_posts(empty_lab, [folder], licence="own", acquired="own")
    assert "separately" in str(raised.value.hint)


def test_a_folder_of_zipped_dumps_and_a_folder_named_data_are_dumps(empty_lab: Lab, tmp_path: Path) -> None:
    write(tmp_path / "grabs" / "2018-03.zip", zipped({"00.json": POST}))
    write(tmp_path / "set" / "data" / "x.jsonl", POST)
    for name in ("grabs", "set"):
        made = add_posts(empty_lab, [tmp_path / name], licence="x", acquired="public", name=name)
        assert [d.text for d in documents(made)] == ["from a dump"]


def test_an_unpacked_mastodon_archive_is_read_with_what_stands_beside_its_outbox(
    empty_lab: Lab, tmp_path: Path
) -> None:
    context = "https://www.w3.org/ns/activitystreams"
    write(tmp_path / "export" / "outbox.json", outbox(note(1, "<p>Hello</p>")))
    for name in ("actor", "likes"):
        write(tmp_path / "export" / f"{name}.json", json.dumps({"@context": context, "id": name}).encode())
    made = add_posts(empty_lab, [tmp_path / "export"], licence="own")
    assert [d.text for d in documents(made)] == ["Hello"]
    assert made.stats["left_out"] == {"unsupported_file": 2}


def test_several_archives_and_a_readme_make_one_source(empty_lab: Lab, tmp_path: Path) -> None:
    write_zip(write(tmp_path / "all" / "deep" / "a.zip", b""), members([tweet(1, "zipped")]))
    write_folder(tmp_path / "all" / "b", members([tweet(2, "unpacked")]))
    write(tmp_path / "all" / "README.md", b"[a link](x)\n")
    made = add_posts(empty_lab, [tmp_path / "all"], licence="own")
    assert {d.text for d in documents(made)} == {"zipped", "unpacked"}
    assert made.stats["left_out"] == {"unsupported_file": 1}


@pytest.mark.parametrize("good", ["dump", "zip", "export"])
def test_a_broken_zip_in_a_folder_is_named_and_stops_nothing(
    empty_lab: Lab, tmp_path: Path, good: str
) -> None:
    (tmp_path / "all").mkdir()
    kind(tmp_path / "all", good)
    write(tmp_path / "all" / "half.zip", b"PK\x03\x04 and then nothing more of it")
    made = add_posts(empty_lab, [tmp_path / "all"], licence="own", acquired="own")
    assert made.stats["documents"] == 1
    assert [(file["file"], file["reason"]) for file in made.stats["bad_files"]] == [
        ("half.zip", "broken_file")
    ]


@pytest.mark.parametrize(
    ("data", "reason"), [(b'{"id_str": "2", "full_text": "cut', "not_json"), (b"\x1f\x8b\x08rest", "cut_off")]
)
def test_a_dump_that_cannot_be_read_is_named_beside_the_others(
    empty_lab: Lab, tmp_path: Path, data: bytes, reason: str
) -> None:
    write(tmp_path / "all" / "a.jsonl", POST)
    write(tmp_path / "all" / "b.jsonl", data)
    made = add_posts(empty_lab, [tmp_path / "all"], licence="x", acquired="public")
    assert [d.text for d in documents(made)] == ["from a dump"]
    assert [(file["file"], file["reason"]) for file in made.stats["bad_files"]] == [("b.jsonl", reason)]


@pytest.mark.parametrize(
    "data", [b"address,date,body\n+15550100,2020-01-01,hi\n", b"Dear diary", b"\x89PNG...."]
)
def test_a_file_that_holds_no_posts_is_sent_to_documents(empty_lab: Lab, tmp_path: Path, data: bytes) -> None:
    path = write(tmp_path / "my messages.csv", data)
    with pytest.raises(GlaswerkError, match="expected posts") as raised:
        add_posts(empty_lab, [path], licence="own")
    assert f"glaswerk add docs '{path}'" in str(raised.value.hint)


def test_links_that_lead_out_of_a_folder_are_counted_not_followed(empty_lab: Lab, tmp_path: Path) -> None:
    outside = write(tmp_path / "secret.jsonl", lines(status(2, "outside")))
    write(tmp_path / "dumps" / "a.jsonl", POST)
    (tmp_path / "dumps" / "b.jsonl").symlink_to(outside)
    made = add_posts(empty_lab, [tmp_path / "dumps"], licence="x", acquired="public")
    assert [d.text for d in documents(made)] == ["from a dump"]
    assert made.stats["left_out"] == {"outside_link": 1}


@pytest.mark.parametrize(
    "option", ["tolerant", "include_direct_messages", "include_deleted", "include_limited"]
)
def test_an_option_that_would_do_nothing_for_a_dump_is_refused(
    empty_lab: Lab, tmp_path: Path, option: str
) -> None:
    more: dict[str, Any] = {option: True}
    with pytest.raises(GlaswerkError, match="does nothing"):
        add_posts(empty_lab, [write(tmp_path / "a.jsonl", POST)], licence="x", acquired="public", **more)


@pytest.mark.parametrize("more", [{"tolerant": True}, {"include_deleted": True}, {"join": "conversations"}])
def test_an_option_that_would_do_nothing_for_an_export_is_refused(
    empty_lab: Lab, tmp_path: Path, more: dict[str, Any]
) -> None:
    path = write(tmp_path / "outbox.json", outbox(note(1, "<p>Hello</p>")))
    with pytest.raises(GlaswerkError, match="does nothing"):
        add_posts(empty_lab, [path], licence="own", **more)


def test_likes_come_from_archives_alone(empty_lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="found a dump"):
        add_likes(empty_lab, [write(tmp_path / "a.jsonl", POST)], licence="x", acquired="public")
