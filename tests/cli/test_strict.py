"""A bad file among posts and pictures is named and the exit code is 3; with --strict it stops the command."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


def run(lab: Lab, *words: str) -> Result:
    return CliRunner().invoke(cli, ["add", *words, "--lab", str(lab.root)])


def jpeg() -> bytes:
    file = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(file, "JPEG")
    return file.getvalue()


def bomb() -> bytes:
    """One pixel, with data for millions."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(8 << 20))) + chunk(b"IEND", b"")


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A good picture between those that are none."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    content = {
        "bomb.png": bomb(),
        "cut.jpg": jpeg()[:900],
        "empty.gif": b"",
        "good.jpg": jpeg(),
        "words.png": b"This is a text.",
    }
    for name, data in content.items():
        (folder / name).write_bytes(data)
        (folder / name).with_suffix(".txt").write_text(f"What {name} shows.")
    return folder


def test_pictures_that_are_none_are_named_counted_and_give_exit_code_3(
    empty_lab: Lab, pictures: Path
) -> None:
    for _ in range(2):
        done = run(empty_lab, "images", str(pictures), "--licence", "own")
        assert done.exit_code == 3
        for name, reason in (
            ("bomb.png", "oversized_picture"),
            ("cut.jpg", "broken_picture"),
            ("empty.gif", "unsupported_picture"),
            ("words.png", "unsupported_picture"),
        ):
            assert f"bad file: {name}: {reason}" in done.stderr
        assert "4 bad files left out" in done.stderr
        assert "left out: unsupported_picture 2, " in done.stdout
    (made,) = empty_lab.all("source")
    assert made.stats["documents"] == 1


def test_the_first_bad_picture_stops_a_strict_command_which_adds_nothing(
    empty_lab: Lab, pictures: Path
) -> None:
    done = run(empty_lab, "images", str(pictures), "--licence", "own", "--strict")
    assert isinstance(done.exception, GlaswerkError)
    assert "bomb.png" in done.exception.message
    assert done.exception.hint == "glaswerk explain oversized_picture"
    assert empty_lab.all("source") == []


def post(number: int) -> dict[str, object]:
    return {
        "id_str": str(1_850_000_000_000_000_000 + number),
        "full_text": f"The ferry left at {number}.",
        "created_at": "Wed Oct 23 07:00:00 +0000 2024",
        "user": {"id_str": "7", "screen_name": "ada"},
    }


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """Dumps of posts: a good one, half a download of a zip, and a file that is cut off."""
    folder = tmp_path / "dumps"
    folder.mkdir()
    lines = "".join(json.dumps(post(number)) + "\n" for number in range(20))
    (folder / "good.jsonl").write_text(lines)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as container:
        container.writestr("tweets.jsonl", lines * 50)
    (folder / "half.zip").write_bytes(packed.getvalue()[:3000])
    return folder


def test_a_bad_file_among_posts_is_named_or_stops_a_strict_command(empty_lab: Lab, dumps: Path) -> None:
    words = ["posts", str(dumps), "--licence", "X terms", "--acquired", "licensed"]
    strict = run(empty_lab, *words, "--strict")
    assert isinstance(strict.exception, GlaswerkError)
    assert "half.zip" in strict.exception.message
    assert empty_lab.all("source") == []
    done = run(empty_lab, *words)
    assert done.exit_code == 3
    assert "bad file: half.zip: broken_file" in done.stderr
    again = run(empty_lab, *words, "--strict")
    assert isinstance(again.exception, GlaswerkError)
    assert "half.zip" in again.exception.message


def test_a_good_folder_is_the_same_source_with_and_without_strict(empty_lab: Lab, dumps: Path) -> None:
    (dumps / "half.zip").unlink()
    words = ["posts", str(dumps), "--licence", "X terms", "--acquired", "licensed"]
    assert run(empty_lab, *words, "--strict").exit_code == 0
    assert run(empty_lab, *words).exit_code == 0
    assert len(empty_lab.all("source")) == 1


def test_an_export_that_ends_early_is_named(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "exports"
    folder.mkdir()
    account = "https://town.example/users/ada"
    notes = [
        {
            "type": "Note",
            "id": f"{account}/statuses/{number}",
            "content": f"<p>The ferry left at {number}.</p>",
            "published": "2024-10-23T07:00:00Z",
            "attributedTo": account,
            "to": ["https://www.w3.org/ns/activitystreams#Public"],
        }
        for number in range(6)
    ]
    outbox = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "type": "OrderedCollection",
        "orderedItems": [{"type": "Create", "actor": account, "object": note} for note in notes],
    }
    (folder / "outbox.json").write_text(json.dumps(outbox))
    (folder / "cut.json").write_text(json.dumps(outbox)[:-300])
    words = ["posts", str(folder), "--licence", "own"]
    strict = run(empty_lab, *words, "--strict")
    assert isinstance(strict.exception, GlaswerkError)
    assert "cut.json" in strict.exception.message
    done = run(empty_lab, *words)
    assert done.exit_code == 3
    assert "bad file: cut.json: cut_off" in done.stderr
