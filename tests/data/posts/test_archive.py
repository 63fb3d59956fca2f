"""Hostile and damaged X archives: each is refused with the file, what was found and the next step."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from x_archives import HANDLE, assignment, manifest, members, tweet, write_folder, write_zip

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.posts import archive as archives
from glaswerk.data.source import add_posts
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab

TWEETS = [tweet(1001, "The bakery on Mill Lane opens at six."), tweet(1002, "Rain over the river again.")]


def add(lab: Lab, path: Path, **options: bool) -> Artifact:
    return add_posts(lab, [path], licence="own", name="posts", **options)


def documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


def texts(made: Artifact) -> list[str]:
    return [row["text"] for row in read_rows(made.path / "documents.parquet")]


def refused(lab: Lab, path: Path) -> GlaswerkError:
    with pytest.raises(GlaswerkError) as caught:
        add(lab, path)
    assert caught.value.hint, "every refusal says what to do next"
    assert path.name in caught.value.message
    assert lab.find("source", "posts") is None
    return caught.value


def test_a_zip_its_unpacked_folder_and_a_zip_with_a_top_folder_give_the_same_documents(
    empty_lab: Lab, tmp_path: Path
) -> None:
    files = members(TWEETS)
    found = [
        texts(add_posts(empty_lab, [path], licence="own", name=name))
        for name, path in {
            "zip": write_zip(tmp_path / "a.zip", files),
            "folder": write_folder(tmp_path / "unpacked", files),
            "top": write_zip(tmp_path / "b.zip", {f"twitter-2026/{k}": v for k, v in files.items()}),
        }.items()
    ]
    assert found[0] == found[1] == found[2] == [t["tweet"]["full_text"] for t in TWEETS]


def test_a_truncated_zip_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "cut.zip", members(TWEETS))
    path.write_bytes(path.read_bytes()[:-60])
    assert "broken or cut off" in refused(empty_lab, path).message


def test_a_zip_with_a_damaged_member_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bad.zip", members(TWEETS))
    data = bytearray(path.read_bytes())
    start = data.index(b"data/tweets.js") + len(b"data/tweets.js")
    data[start + 8 : start + 24] = b"\xff" * 16
    path.write_bytes(bytes(data))
    assert "data/tweets.js" in refused(empty_lab, path).message


@pytest.mark.parametrize(
    "name", ["../evil.js", "/etc/evil.js", "data/../../evil.js", "C:\\evil.js", "a\\..\\b"]
)
def test_names_that_point_outside_are_refused_and_nothing_is_written(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    path = write_zip(tmp_path / "evil.zip", {**members(TWEETS), name: "x"})
    assert "points outside" in refused(empty_lab, path).message
    assert not list(tmp_path.rglob("*evil.js"))


def test_a_manifest_cannot_lead_out_of_an_unpacked_folder(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "secret.js").write_text(assignment("window.YTD.tweets.part0", [tweet(5, "a secret")]))
    files = {**members(TWEETS), "data/manifest.js": manifest({"tweets": [("../secret.js", 1)]})}
    del files["data/tweets.js"]
    path = write_folder(tmp_path / "unpacked", files)
    assert "points outside" in refused(empty_lab, path).message


def test_a_link_out_of_an_unpacked_folder_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_folder(tmp_path / "unpacked", members(TWEETS))
    (tmp_path / "secret.js").write_text(assignment("window.YTD.tweets.part0", TWEETS))
    (path / "data/tweets.js").unlink()
    (path / "data/tweets.js").symlink_to(tmp_path / "secret.js")
    assert "points outside" in refused(empty_lab, path).message


def test_a_zip_bomb_is_refused_before_it_is_unpacked(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    size = archives.UNPACK_RATIO_FREE_BYTES + (1 << 20)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data/manifest.js", manifest({"tweets": [("data/tweets.js", 1)]}))
        with archive.open("data/tweets.js", "w") as member:
            for _ in range(size >> 20):
                member.write(b"0" * (1 << 20))
            member.write(b"0" * (1 << 20))
    assert "zip bomb" in refused(empty_lab, path).message


def test_all_members_together_stay_below_the_limit(
    empty_lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "UNPACKED_BYTES", 1000)
    path = write_zip(tmp_path / "big.zip", members(TWEETS))
    assert "expected at most" in refused(empty_lab, path).message


def test_a_member_that_claims_more_than_the_limit_is_refused_unread(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "huge.zip", members(TWEETS))
    data = bytearray(path.read_bytes())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        # Uncompressed size of a central directory entry.
        data[at + 24 : at + 28] = ((1 << 30) + 1).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    assert "expected at most 1,073,741,824" in refused(empty_lab, path).message


@pytest.mark.parametrize("inside", ["archive.zip", "archive/data/tweets.js"])
def test_a_named_pipe_is_refused_instead_of_waited_for(empty_lab: Lab, tmp_path: Path, inside: str) -> None:
    if "/" in inside:
        write_folder(tmp_path / "archive", members(TWEETS))
        (tmp_path / inside).unlink()
    os.mkfifo(tmp_path / inside)
    assert "regular file" in refused(empty_lab, tmp_path / inside.partition("/")[0]).message


def test_an_encrypted_archive_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "locked.zip", members(TWEETS))
    data = bytearray(path.read_bytes())
    # Bit 0 of the general purpose flags, in every central directory entry.
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    path.write_bytes(bytes(data))
    assert "encrypted" in refused(empty_lab, path).message


def test_a_member_that_occurs_twice_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "twice.zip", members(TWEETS))
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("data/tweets.js", assignment("window.YTD.tweets.part0", [tweet(9, "other")]))
    assert "twice" in refused(empty_lab, path).message


@pytest.mark.parametrize("content", [b"no zip at all", b"", b"PK\x03\x04"])
def test_a_file_that_is_no_zip_is_refused(empty_lab: Lab, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.zip"
    path.write_bytes(content)
    assert "expected a complete zip file" in refused(empty_lab, path).message


def test_a_missing_manifest_is_refused_and_tolerated_on_request(empty_lab: Lab, tmp_path: Path) -> None:
    files = members(TWEETS)
    del files["data/manifest.js"]
    files["data/account.js"] = assignment("window.YTD.account.part0", [{"account": {"username": HANDLE}}])
    path = write_zip(tmp_path / "bare.zip", files)
    assert "data/manifest.js" in refused(empty_lab, path).message
    rows = list(read_rows(add(empty_lab, path, tolerant=True).path / "documents.parquet"))
    assert {row["author"] for row in rows} == {HANDLE}
    assert len(rows) == 2


def test_a_count_that_differs_from_the_manifest_is_refused_and_becomes_a_figure(
    empty_lab: Lab, tmp_path: Path
) -> None:
    files = {**members(TWEETS), "data/manifest.js": manifest({"tweets": [("data/tweets.js", 5)]})}
    path = write_zip(tmp_path / "short.zip", files)
    error = refused(empty_lab, path)
    assert "expected 5 records" in error.message
    assert "found 2" in error.message
    stats = add(empty_lab, path, tolerant=True).stats
    assert (stats["documents"], stats["missing_records"]) == (2, 3)


def test_a_file_of_posts_that_the_manifest_does_not_name_is_refused_and_read_on_request(
    empty_lab: Lab, tmp_path: Path
) -> None:
    more = assignment("window.YTD.tweets.part1", [tweet(1003, "The third.")])
    path = write_zip(tmp_path / "more.zip", {**members(TWEETS), "data/tweets-part1.js": more})
    assert "data/tweets-part1.js" in refused(empty_lab, path).message
    made = add(empty_lab, path, tolerant=True)
    assert texts(made)[-1] == "The third."
    assert (made.stats["documents"], made.stats["unlisted_files"]) == (3, 1)


@pytest.mark.parametrize("entry", [{"files": {"fileName": "data/tweets.js"}}, {"files": None}, "tweets"])
def test_a_manifest_without_a_list_of_files_is_refused(empty_lab: Lab, tmp_path: Path, entry: object) -> None:
    value = {"userInfo": {"userName": HANDLE}, "dataTypes": {"tweets": entry}}
    files = {**members(TWEETS), "data/manifest.js": assignment("window.__THAR_CONFIG", value)}
    assert "list of files" in refused(empty_lab, write_zip(tmp_path / "odd.zip", files)).message


@pytest.mark.parametrize("count", ["9" * 5000, "\u0663", "-1", ""])
def test_a_count_that_is_no_number_of_records_is_refused(empty_lab: Lab, tmp_path: Path, count: str) -> None:
    files = members(TWEETS)
    files["data/manifest.js"] = str(files["data/manifest.js"]).replace('"count": "2"', f'"count": "{count}"')
    error = refused(empty_lab, write_zip(tmp_path / "count.zip", files))
    assert "whole number count" in error.message
    assert len(error.message) < 1000


def test_a_broken_tweets_file_is_refused_and_its_whole_records_can_be_saved(
    empty_lab: Lab, tmp_path: Path
) -> None:
    whole = str(
        members([*TWEETS, tweet(1003, "Third post, about the fair."), tweet(1004, "Fourth.")])[
            "data/tweets.js"
        ]
    )
    broken = whole.replace('"Third post', '"Third" post')
    files = {
        **members(TWEETS),
        "data/tweets.js": broken,
        "data/manifest.js": manifest({"tweets": [("data/tweets.js", 4)]}),
    }
    path = write_zip(tmp_path / "broken.zip", files)
    assert "line 1 column" in refused(empty_lab, path).message
    made = add(empty_lab, path, tolerant=True)
    assert texts(made) == [t["tweet"]["full_text"] for t in TWEETS] + ["Fourth."]
    assert made.stats["left_out"]["broken_record"] == 1
    assert made.stats["missing_records"] == 1


def test_bytes_that_are_not_utf8_are_refused_with_their_offset(empty_lab: Lab, tmp_path: Path) -> None:
    content = (
        str(members([tweet(1, "Caf? on the corner")])["data/tweets.js"]).encode().replace(b"Caf?", b"Caf\xe9")
    )
    files = {**members([tweet(1, "x")]), "data/tweets.js": content}
    path = write_zip(tmp_path / "latin.zip", files)
    assert f"0xe9 at offset {content.index(0xE9)}" in refused(empty_lab, path).message
    assert texts(add(empty_lab, path, tolerant=True)) == ["Caf\ufffd on the corner"]


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({"tweet": {"full_text": "no id"}}, "id_str"),
        ({"tweet": {"id_str": "7", "full_text": 3}}, "full_text"),
        ({"tweet": {"id_str": 1.8e18, "full_text": "rounded"}}, "id_str"),
        ({"tweet": {"id_str": "9" * 5000, "full_text": "endless"}}, "id_str"),
        ({"note": {}}, "tweet"),
    ],
)
def test_a_record_that_x_would_not_write_is_refused(
    empty_lab: Lab, tmp_path: Path, record: object, found: str
) -> None:
    path = write_zip(tmp_path / "odd.zip", members([*TWEETS, record]))
    error = refused(empty_lab, path)
    assert found in error.message
    assert "record 3" in error.message
    assert add(empty_lab, path, tolerant=True).stats["left_out"]["broken_record"] == 1


def test_a_file_without_an_assignment_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "json.zip", {**members(TWEETS), "data/tweets.js": "[]"})
    assert "window.… =" in refused(empty_lab, path).message


def test_json_nested_beyond_reason_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    deep = "window.YTD.tweets.part0 = " + "[" * 200_000
    path = write_zip(tmp_path / "deep.zip", {**members(TWEETS), "data/tweets.js": deep})
    assert "expected JSON" in refused(empty_lab, path).message


def test_an_archive_without_a_handle_needs_an_author(empty_lab: Lab, tmp_path: Path) -> None:
    files = {**members(TWEETS), "data/manifest.js": manifest({"tweets": [("data/tweets.js", 2)]}, handle="")}
    path = write_zip(tmp_path / "nameless.zip", files)
    assert "userName" in refused(empty_lab, path).message
    made = add_posts(empty_lab, [path], licence="own", name="posts", author="@lena")
    assert {row["author"] for row in read_rows(made.path / "documents.parquet")} == {"lena"}


def test_a_protected_time_that_cannot_be_read_protects_all_times(empty_lab: Lab, tmp_path: Path) -> None:
    def event(action: str, moment: str) -> dict[str, Any]:
        return {"protectedHistory": {"action": action, "protectedAt": moment}}

    events = [event("Protect", "2018-01-01 at noon"), event("Unprotect", "2018-02-01T00:00:00.000Z")]
    path = write_zip(tmp_path / "a.zip", members([tweet(1, "hidden")], protected=events))
    with pytest.raises(GlaswerkError, match=r"protected-history\.js.*record 1: 'protectedAt'"):
        add_posts(empty_lab, [path], licence="own")
    made = add_posts(empty_lab, [path], licence="own", tolerant=True)
    assert [d.rights.audience for d in documents(made)] == ["limited"]
    assert made.stats["left_out"] == {"broken_record": 1}


def test_protected_times_that_the_manifest_names_and_the_archive_lacks_protect_all(
    empty_lab: Lab, tmp_path: Path
) -> None:
    files = members([tweet(1, "hidden")])
    del files["data/protected-history.js"]
    path = write_zip(tmp_path / "a.zip", files)
    with pytest.raises(GlaswerkError, match=r"expected data/protected-history\.js"):
        add_posts(empty_lab, [path], licence="own")
    made = add_posts(empty_lab, [path], licence="own", tolerant=True)
    assert [d.rights.audience for d in documents(made)] == ["limited"]


def test_an_author_fills_in_and_renames_no_account(empty_lab: Lab, tmp_path: Path) -> None:
    paths = [
        write_zip(tmp_path / "a.zip", members([tweet(1, "by lena")])),
        write_zip(tmp_path / "b.zip", members([tweet(2, "by otto")], handle="otto")),
    ]
    made = add_posts(empty_lab, paths, licence="own", author="ada")
    assert {d.id: d.author for d in documents(made)} == {"x:1": HANDLE, "x:2": "otto"}


def test_dates_of_an_archive_are_checked_against_ids_and_ids_decide_what_was_protected(
    empty_lab: Lab, tmp_path: Path
) -> None:
    events = [{"protectedHistory": {"action": "Protect", "protectedAt": "2024-01-01T00:00:00.000Z"}}]
    posts = [tweet(1850000000000000123, "of 2024, altered", created_at="Wed Oct 10 20:19:24 +0000 2012")]
    made = add(empty_lab, write_zip(tmp_path / "a.zip", members(posts, protected=events)))
    assert [d.rights.audience for d in documents(made)] == ["limited"]
    assert made.stats["dates_off"] == 1


def test_a_member_whose_own_name_is_damaged_is_refused(empty_lab: Lab, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "archive.zip", members(TWEETS))
    data = bytearray(path.read_bytes())
    # The directory says that the name is UTF-8; before the member itself it is not.
    central = data.index(b"data/manifest.js", data.index(b"PK\1\2")) - 46
    data[central + 9] |= 8
    data[data.index(b"data/manifest.js") + 2] = 0xAF
    path.write_bytes(data)
    assert "broken or cut off" in refused(empty_lab, path).message
