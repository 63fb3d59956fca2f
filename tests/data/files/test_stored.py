"""Files in files: bounds on what a hostile one can cost."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from x_docs import tarred, zipped

from glaswerk.data.files import stored
from glaswerk.data.files.stored import DAMAGE, Unpacker


def sizes(path: Path, data: bytes) -> tuple[list[int], Counter[str]]:
    """Bytes read of each file, and what was counted."""
    path.write_bytes(data)
    unpacker, found = Unpacker(Counter()), []
    with path.open("rb") as file:
        for each in unpacker.files(file, path.name):
            size = 0
            try:
                while piece := each.stream.read1(1 << 20):
                    size += len(piece)
            except DAMAGE as error:
                unpacker.damaged(error)
            found.append(size)
    return found, unpacker.counts


@pytest.mark.parametrize(
    "packed",
    [
        lambda data: gzip.compress(data),
        lambda data: gzip.compress(gzip.compress(data)),
        lambda data: zipped({"a": data}),
        lambda data: zipped({"a": gzip.compress(data)}, zipfile.ZIP_STORED),
    ],
)
def test_what_unpacks_too_far_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: object
) -> None:
    monkeypatch.setattr(stored, "UNPACK_RATIO_FREE_BYTES", 1 << 20)
    found, counts = sizes(tmp_path / "bomb", packed(b"\0" * (40 << 20)))  # type: ignore[operator]
    assert counts == {"bomb": 1}
    assert sum(found) < 30 << 20


def test_all_members_together_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "UNPACKED_BYTES", 3 << 20)
    monkeypatch.setattr(stored, "UNPACK_RATIO", 100)
    _, counts = sizes(tmp_path / "many", zipped({str(i): b"x" * (1 << 20) for i in range(40)}))
    assert counts["bomb"] > 0


def test_containers_in_containers_end_somewhere(tmp_path: Path) -> None:
    data = b"words"
    for _ in range(6):
        data = tarred({"inner": data})
    assert sizes(tmp_path / "nested", data) == ([], Counter({"nested_container": 1}))


def test_a_member_with_a_password_is_counted(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.txt": "words"}))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + place] |= 1
    assert sizes(tmp_path / "locked.zip", bytes(data)) == ([], Counter({"encrypted": 1}))


def test_what_stood_before_damage_is_read(tmp_path: Path) -> None:
    text = b"".join(b"line %d\n" % i for i in range(2000))
    found, counts = sizes(tmp_path / "cut.gz", gzip.compress(text)[:-2000])
    assert counts == {"cut_off": 1}
    assert 0 < found[0] < len(text)


def test_names_in_containers_are_never_paths(tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    found, _ = sizes(tmp_path / "a.tar", tarred({"../../evil.txt": b"words", "/etc/evil": b"words"}))
    assert found == [5, 5]
    assert set(tmp_path.rglob("*")) - before == {tmp_path / "a.tar"}


def test_a_seekable_file_stays_seekable(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"words")
    with (tmp_path / "a").open("rb") as file:
        (found,) = Unpacker(Counter()).files(file, "a")
        assert isinstance(found.stream.raw, io.FileIO)


@pytest.mark.parametrize("cut", [False, True])
def test_a_tar_that_breaks_in_a_header_is_counted(tmp_path: Path, cut: bool) -> None:
    data = bytearray(tarred({"a.txt": b"words", "b.txt": b"more", "c.txt": b"end"}))
    data[1024 + 150] ^= 0x55
    broken = bytes(data[: 1024 + 300] if cut else data)
    assert sizes(tmp_path / "broken.tar", broken) == ([5], Counter({"cut_off": 1}))
