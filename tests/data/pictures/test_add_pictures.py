"""Captioned pictures: every kind of source comes in whole, and what does not is counted by reason."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from x_pictures import BLUE, RED, lines, parquet, png, tar
from x_pictures import folder as folder_of

from glaswerk.core.document import Document, from_rows
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_bytes
from glaswerk.data.documents.fields import IngestCounts
from glaswerk.data.pictures.captioned import CaptionedReader, find_pictures
from glaswerk.data.pictures.store import read_picture
from glaswerk.data.source import add_images
from glaswerk.data.store.parquet import read_rows
from glaswerk.lab import Artifact, Lab


def _documents(made: Artifact) -> list[Document]:
    return list(from_rows(read_rows(made.path / "documents.parquet")))


def _shown(made: Artifact) -> list[tuple[str, bytes]]:
    """Caption and picture of every document."""
    return [(found.text, read_picture(made.path, found.media[0])) for found in _documents(made)]


def test_the_towns_pictures_come_in_whole(empty_lab: Lab, town: Path) -> None:
    folder = town / "images"
    rows = [json.loads(line) for line in (folder / "metadata.jsonl").read_text().splitlines()]
    made = add_images(empty_lab, [folder], licence="CC0-1.0", name="town", author="The town")
    found = _documents(made)
    assert [d.id for d in found] == [f"town:{row['file_name']}" for row in rows]
    assert _shown(made) == [(row["text"], (folder / row["file_name"]).read_bytes()) for row in rows]
    assert {(d.kind, d.author, d.rights.licence) for d in found} == {("caption", "The town", "CC0-1.0")}
    assert made.stats["documents"] == made.stats["rows"] == len(rows)
    assert made.stats["pictures"] == len({name for d in found for name in d.media})
    assert made.stats["widths"] == {"min": 64, "p5": 64, "p50": 64, "p95": 64, "max": 64}
    assert (made.stats["formats"], made.stats["left_out"]) == ({"png": made.stats["pictures"]}, {})


def test_a_picture_stored_once_is_named_by_the_hash_of_its_bytes(empty_lab: Lab, tmp_path: Path) -> None:
    files = {"a.png": RED, "a.txt": "a red field", "b.png": RED, "b.txt": "the same field"}
    made = add_images(empty_lab, [folder_of(tmp_path / "in", files)], licence="own")
    first, second = _documents(made)
    assert first.media == second.media == (f"{digest_bytes(RED).replace(':', '-')}.png",)
    assert (made.stats["documents"], made.stats["pictures"]) == (2, 1)
    assert made.stats["picture_bytes"] == len(RED)


def test_folders_have_metadata_beside_or_above_or_a_text_beside_each_picture(
    empty_lab: Lab, tmp_path: Path
) -> None:
    files = {
        "metadata.jsonl": lines({"file_name": "deep/a.png", "caption": "from above", "licence": "MIT"}),
        "deep/a.png": RED,
        "train/metadata.jsonl": lines({"file_name": "b.png", "text": "from beside"}),
        "train/b.png": BLUE,
        "c.PNG": RED,
        "c.txt": "\ufefffrom a text \n",
        "d.png": RED,
        "README.txt": "about",
        "e.svg": "<svg/>",
        ".hidden/f.png": RED,
    }
    made = add_images(empty_lab, [folder_of(tmp_path / "in", files)], licence="own", name="s")
    assert sorted(_shown(made)) == [("from a text", RED), ("from above", RED), ("from beside", BLUE)]
    assert {d.id: d.rights.licence for d in _documents(made)} == {
        "s:deep/a.png": "MIT",
        "s:train/b.png": "own",
        "s:c.PNG": "own",
    }
    assert made.stats["left_out"] == {"no_caption": 1, "unsupported_file": 1, "unsupported_picture": 1}


def test_no_name_inside_a_source_leads_out_of_it(empty_lab: Lab, tmp_path: Path) -> None:
    folder_of(tmp_path, {"secret.png": BLUE, "inside.png": BLUE})
    rows = [
        {"file_name": name, "text": "stolen"}
        for name in ("../secret.png", str(tmp_path / "secret.png"), "metadata.jsonl")
    ]
    folder = folder_of(tmp_path / "in", {"a.png": RED, "a.txt": "red", "metadata.jsonl": lines(*rows)})
    container = tar(
        tmp_path / "t.tar", {"../../up.png": BLUE, "../../up.txt": "up", "/abs.png": RED, "/abs.cls": "7"}
    )
    before = {path for path in tmp_path.rglob("*") if not path.is_relative_to(empty_lab.root)}
    made = add_images(empty_lab, [folder, container], licence="own")
    assert sorted(_shown(made)) == [("7", RED), ("red", RED), ("up", BLUE)]
    assert made.stats["left_out"] == {"missing_picture": 3}
    assert {path for path in tmp_path.rglob("*") if not path.is_relative_to(empty_lab.root)} == before
    names = [path.relative_to(made.path).as_posix() for path in made.path.rglob("*") if path.is_file()]
    assert sorted(names) == ["documents.parquet", "manifest.json", "media.parquet", "media/00000.tar"]


@pytest.mark.parametrize("name", ["t.tar", "t.tar.gz"])
def test_webdataset_members_of_one_key_are_a_picture_and_what_is_said_of_it(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    files = {
        "a/001.png": RED,
        "a/001.txt": "in words",
        "a/001.json": json.dumps({"caption": "in JSON"}),
        "a/002.json": json.dumps({"caption": "said in JSON", "author": "Lena"}),
        "a/002.PNG": BLUE,
        "003.png": BLUE,
        "003.cls": "boat",
        "003.seg.npy": b"\0",
        "004.svg": "<svg/>",
        "004.txt": "drawn",
        "005.txt": "no picture",
        "006.png": RED,
        "noending": b"x",
    }
    made = add_images(empty_lab, [tar(tmp_path / name, files)], licence="own", name="s")
    assert _shown(made) == [("boat", BLUE), ("in words", RED), ("said in JSON", BLUE)]
    assert [d.id for d in _documents(made)] == [
        f"s:{name}#{key}" for key in ("003.png", "a/001.png", "a/002.png")
    ]
    assert _documents(made)[2].author == "Lena"
    assert made.stats["left_out"] == {
        "missing_picture": 1,
        "no_caption": 1,
        "unsupported_file": 2,
        "unsupported_picture": 1,
    }


def test_parquet_rows_hold_pictures_as_bytes_or_as_hugging_face_writes_them(
    empty_lab: Lab, tmp_path: Path
) -> None:
    plain = parquet(tmp_path / "plain.parquet", [{"png": RED, "text": "red", "thumbnail": BLUE}])
    rows = [
        {"image": {"bytes": BLUE, "path": "/etc/b.png"}, "captions": ["blue", "a blue field", "blue"]},
        {"image": {"bytes": None, "path": "/etc/passwd"}, "captions": ["elsewhere"]},
        {"image": {"bytes": RED, "path": None}, "captions": []},
    ]
    made = add_images(empty_lab, [plain, parquet(tmp_path / "hf.parquet", rows)], licence="own", name="s")
    assert _shown(made) == [("blue", BLUE), ("a blue field", BLUE), ("blue", BLUE), ("red", RED)]
    assert [d.id for d in _documents(made)] == [
        "s:hf.parquet#1",
        "s:hf.parquet#1~2",
        "s:hf.parquet#1~3",
        "s:plain.parquet#1",
    ]
    assert made.stats["left_out"] == {"missing_picture": 1, "no_caption": 1}


def test_captions_under_another_name_are_named_by_the_user(empty_lab: Lab, tmp_path: Path) -> None:
    path = parquet(tmp_path / "p.parquet", [{"image": RED, "caption_de": "ein rotes Feld"}])
    with pytest.raises(GlaswerkError, match="image, caption_de") as caught:
        add_images(empty_lab, [path], licence="own")
    assert "--text-column" in (caught.value.hint or "")
    made = add_images(empty_lab, [path], licence="own", text_column="caption_de")
    assert _shown(made) == [("ein rotes Feld", RED)]
    files = {"a.png": RED, "a.txt": "in words", "a.json": json.dumps({"text": "no", "alt": "named"})}
    made = add_images(empty_lab, [tar(tmp_path / "t.tar", files)], licence="own", text_column="alt")
    assert _shown(made) == [("named", RED)]


@pytest.mark.parametrize("data", [b"", RED[:-20], b"<svg/>"])
def test_broken_and_unsupported_pictures_are_counted(empty_lab: Lab, tmp_path: Path, data: bytes) -> None:
    files = {"a.png": RED, "a.txt": "red", "b.png": data, "b.txt": "broken"}
    made = add_images(empty_lab, [folder_of(tmp_path / "in", files)], licence="own")
    reason = "broken_picture" if data.startswith(b"\x89PNG") else "unsupported_picture"
    assert (made.stats["documents"], made.stats["left_out"]) == (1, {reason: 1})
    (bad,) = made.stats["bad_files"]
    assert (bad["file"], bad["reason"], made.stats["bad_file_count"]) == ("b.png", reason, 1)
    with pytest.raises(GlaswerkError, match=f"added without --strict|{reason}"):
        add_images(empty_lab, [tmp_path / "in"], licence="own", strict=True)


def test_a_source_without_any_good_picture_says_why(empty_lab: Lab, tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="no_caption 1") as caught:
        add_images(empty_lab, [folder_of(tmp_path / "in", {"a.png": RED})], licence="own")
    assert caught.value.hint == "glaswerk explain no_caption"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"metadata.jsonl": lines({"text": "red"})}, "line 1, found NoneType"),
        ({"b.png": RED, "b.txt": b"\xff\xfe"}, "in UTF-8"),
    ],
)
def test_broken_records_are_named_refused_or_counted(
    empty_lab: Lab, tmp_path: Path, files: dict[str, bytes | str], found: str
) -> None:
    folder = folder_of(tmp_path / "in", {"a.png": RED, "a.txt": "red", **files})
    with pytest.raises(GlaswerkError, match=found) as caught:
        add_images(empty_lab, [folder], licence="own", strict=True)
    assert "--tolerant" in (caught.value.hint or "")
    made = add_images(empty_lab, [folder], licence="own")
    assert ("red", RED) in _shown(made)
    (bad,) = made.stats["bad_files"]
    assert bad["file"] in ("metadata.jsonl", "b.txt")
    assert found in bad["error"]
    made = add_images(empty_lab, [folder], licence="own", tolerant=True)
    assert made.stats["left_out"]["broken_record"] == 1


def _cut(data: bytes) -> bytes:
    return data[:2100]


def _bad_header(data: bytes) -> bytes:
    return data[:1124] + b"nonsense" + data[1132:]


@pytest.mark.parametrize("damage", [_cut, _bad_header])
def test_a_damaged_tar_is_refused_or_read_up_to_the_damage(
    empty_lab: Lab, tmp_path: Path, damage: Any
) -> None:
    files = {"a.txt": "red", "a.png": RED, "b.txt": "blue", "b.png": BLUE}
    path = tar(tmp_path / "t.tar", files)
    good = folder_of(tmp_path / "in", {"c.png": RED, "c.txt": "whole"})
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(GlaswerkError, match=r"complete tar file") as caught:
        add_images(empty_lab, [good, path], licence="own")
    assert "--tolerant" in (caught.value.hint or "")
    made = add_images(empty_lab, [good, path], licence="own", tolerant=True)
    assert made.stats["left_out"] == {"cut_off": 1}
    assert ("whole", RED) in _shown(made)


def test_a_container_that_unpacks_to_far_more_than_it_holds_is_not_read_to_its_end(
    empty_lab: Lab, tmp_path: Path
) -> None:
    member = tarfile.TarInfo("a.bin")
    member.size = 80 << 20
    with gzip.open(tmp_path / "t.tar.gz", "wb", compresslevel=1) as file:
        file.write(member.tobuf())
        for _ in range(80):
            file.write(bytes(1 << 20))
    with pytest.raises(GlaswerkError, match="far more"):
        add_images(empty_lab, [tmp_path / "t.tar.gz"], licence="own")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("none.png", "found nothing"), ("a.svg", "expected a picture"), ("empty", "expected pictures")],
)
def test_paths_without_pictures_are_refused(empty_lab: Lab, tmp_path: Path, name: str, expected: str) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    (tmp_path / "empty").mkdir()
    with pytest.raises(GlaswerkError, match=expected):
        add_images(empty_lab, [tmp_path / name], licence="own")


def test_an_unknown_name_a_damaged_picture_and_a_missing_index_are_errors_in_words(
    empty_lab: Lab, tmp_path: Path
) -> None:
    made = add_images(empty_lab, [folder_of(tmp_path / "in", {"a.png": RED, "a.txt": "red"})], licence="own")
    (name,) = _documents(made)[0].media
    with pytest.raises(GlaswerkError, match=r"passwd"):
        read_picture(made.path, "../../etc/passwd")
    with pytest.raises(GlaswerkError, match=r"media\.parquet is missing"):
        read_picture(tmp_path, name)
    shard = made.path / "media" / "00000.tar"
    shard.write_bytes(shard.read_bytes().replace(RED[-24:], bytes(24)))
    with pytest.raises(GlaswerkError, match="found it damaged"):
        read_picture(made.path, name)
    shard.unlink()
    with pytest.raises(GlaswerkError, match="No such file"):
        read_picture(made.path, name)


@pytest.mark.slow
def test_both_verbs_work_from_the_command_line_and_are_never_done_twice(tmp_path: Path) -> None:
    folder = folder_of(tmp_path / "in", {"a.png": RED, "a.txt": "red"})
    (tmp_path / "pairs.jsonl").write_text(lines({"prompt": "Who?", "chosen": "Lena.", "rejected": "No."}))

    def run(*words: str) -> Any:
        command = [sys.executable, "-m", "glaswerk", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ))
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if "--json" in words else done.stdout

    run("init", "lab")
    rest = ("--licence", "own", "--lab", "lab", "--json")
    first, second = (run("add", "images", str(folder), *rest) for _ in range(2))
    assert first == second
    assert (first["stats"]["documents"], first["stats"]["pictures"]) == (1, 1)
    assert run("add", "preferences", "pairs.jsonl", *rest)["stats"]["documents"] == 1
    identifier = f"{first['name']}:a.png"
    (told,) = run("why", identifier, "--lab", "lab", "--json")
    assert told["document"]["media"] == [f"{digest_bytes(RED).replace(':', '-')}.png"]


def _samples() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        tar(
            path / "t.tar",
            {"a.png": RED, "a.json": json.dumps({"caption": "red"}), "b.png": BLUE, "b.txt": "b"},
        )
        tar(path / "t.tar.gz", {"a.png": RED, "a.txt": "red"})
        parquet(path / "t.parquet", [{"image": {"bytes": RED, "path": "a"}, "text": "red"}])
        folder_of(path, {"metadata.jsonl": lines({"file_name": "a.png", "text": "red"})})
        return {file.name: file.read_bytes() for file in path.iterdir()}


SAMPLES = _samples()
CHANGES = st.lists(st.tuples(st.integers(0, 2500), st.binary(min_size=1, max_size=6)), max_size=3)


@settings(max_examples=200)
@given(st.sampled_from(sorted(SAMPLES)), CHANGES, st.integers(0, 2500), st.booleans())
def test_whatever_a_source_holds_it_gives_pictures_counts_or_an_error_in_words(
    name: str, changes: list[tuple[int, bytes]], cut: int, tolerant: bool
) -> None:
    data = SAMPLES[name]
    for place, new in changes:
        data = data[: place % len(data)] + new + data[place % len(data) + len(new) :]
    with tempfile.TemporaryDirectory() as folder:
        path = folder_of(Path(folder), {name: data[: max(1, len(data) - cut // 10)], "a.png": RED})
        tally = IngestCounts()
        reader = CaptionedReader(tally, tolerant=tolerant)
        try:
            found = list(reader.read(find_pictures([path], tally)))
        except GlaswerkError:
            return
        assert all(isinstance(item.data, bytes | None) for item in found)
        assert all(caption.strip() for item in found for caption in item.captions)


def test_broken_lines_and_parquet_are_counted_if_asked(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "a.png").write_bytes(png(1))
    (folder / "metadata.jsonl").write_text('{"file_name": "a.png", "text": "A weir."}\n{broken\n')
    (folder / "b.parquet").write_bytes(b"PAR1 broken")
    plain = add_images(empty_lab, [folder], licence="own")
    assert plain.stats["left_out"] == {"broken_file": 2}
    assert {bad["file"] for bad in plain.stats["bad_files"]} == {"metadata.jsonl", "b.parquet"}
    made = add_images(empty_lab, [folder], licence="own", tolerant=True)
    assert made.stats["documents"] == plain.stats["documents"] == 1
    assert made.stats["left_out"] == {"broken_record": 1, "broken_file": 1}


def test_words_that_a_link_leads_to_outside_the_folder_become_no_caption(
    empty_lab: Lab, tmp_path: Path
) -> None:
    secret = tmp_path / "diary.txt"
    secret.write_text("a secret")
    folder = folder_of(tmp_path / "pictures", {"a.png": RED, "b.png": BLUE, "b.txt": "blue"})
    (folder / "a.txt").symlink_to(secret)
    made = add_images(empty_lab, [folder], licence="own")
    assert [d.text for d in _documents(made)] == ["blue"]
    assert made.stats["left_out"] == {"no_caption": 1, "outside_link": 1}


@pytest.mark.parametrize("container", ["t.tar", "t.parquet"])
def test_a_broken_container_in_a_folder_is_named_and_the_rest_comes_in(
    container: str, empty_lab: Lab, tmp_path: Path
) -> None:
    folder = folder_of(tmp_path / "in", {"c.png": BLUE, "c.txt": "whole"})
    tar(folder / "t.tar", {"a.txt": "red", "a.png": RED})
    (folder / container).write_bytes((folder / container).read_bytes()[:700] if "tar" in container else b"no")
    made = add_images(empty_lab, [folder], licence="own")
    assert ("whole", BLUE) in _shown(made)
    assert [bad["file"] for bad in made.stats["bad_files"]] == [container]
    with pytest.raises(GlaswerkError, match=container):
        add_images(empty_lab, [folder], licence="own", name="again", strict=True)


def test_a_bad_picture_in_a_tar_or_table_is_named_by_its_place(empty_lab: Lab, tmp_path: Path) -> None:
    tar(tmp_path / "t.tar", {"a.png": RED, "a.txt": "red", "b.jpg": b"words", "b.txt": "blue"})
    rows = [{"image": RED, "text": "red"}, {"image": BLUE[:-30], "text": "blue"}]
    parquet(tmp_path / "t.parquet", rows)
    made = add_images(empty_lab, [tmp_path / "t.tar", tmp_path / "t.parquet"], licence="own")
    named = {(bad["file"], bad["reason"]) for bad in made.stats["bad_files"]}
    assert named == {("t.tar#b.jpg", "unsupported_picture"), ("t.parquet#2", "broken_picture")}
    assert made.stats["documents"] == 2
