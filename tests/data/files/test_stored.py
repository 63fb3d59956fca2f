"""Files in files: bounds on what a hostile one can cost."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from x_docs import tarred, zipped

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files import stored
from glaswerk.data.files.stored import DAMAGE, Bomb, StoredFile, Unpacker, is_tar, packing
from glaswerk.data.source import add_chats, add_docs, add_posts
from glaswerk.lab import Lab


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


def targz(data: bytes) -> bytes:
    return tarred({"inner.tar.gz": data, "beside.txt": b"more"}, "w:gz")


def test_archives_in_archives_are_read_four_deep(tmp_path: Path) -> None:
    one = tarred({"a.txt": b"words"}, "w:gz")
    for data, files in [
        (zipped({"b.tar.gz": one}), [5]),
        (targz(one), [5, 4]),
        (targz(targz(targz(one))), [5, 4, 4, 4]),
        (zipped({"c.zip": zipped({"b.tar.gz": one})}), [5]),
        (tarred({"c.zip": zipped({"a.txt.gz": gzip.compress(b"words")})}), [5]),
        (tarred({"a": tarred({"a": tarred({"a": tarred({"a": b"words"})})})}), [5]),
    ]:
        assert sizes(tmp_path / "nested", data) == (files, Counter())
    assert sizes(tmp_path / "nested", targz(targz(targz(targz(one))))) == (
        [4, 4, 4, 4],
        Counter({"nested_container": 1}),
    )


def test_an_archive_that_is_too_deep_is_named_as_one(empty_lab: Lab, tmp_path: Path) -> None:
    (tmp_path / "deep.tar.gz").write_bytes(targz(targz(targz(targz(tarred({"a.txt": b"words"}, "w:gz"))))))
    made = add_docs(empty_lab, [tmp_path / "deep.tar.gz"], licence="CC0-1.0", acquired="own")
    assert made.stats["left_out"] == {"nested_container": 1}
    (bad,) = made.stats["bad_files"]
    assert "an archive inside an archive" in bad["error"]


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


PACKERS = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstandard.compress,
    "zip": lambda data: zipped({"inner": data}),
    "tar": lambda data: tarred({"inner": data}),
}


def contents(path: Path, data: bytes) -> tuple[dict[str, bytes], Counter[str]]:
    """Content of each file by name, and what was counted."""
    path.write_bytes(data)
    unpacker = Unpacker(Counter())
    with path.open("rb") as file:
        return {each.name: each.stream.read() for each in unpacker.files(file, path.name)}, unpacker.counts


@given(st.binary(max_size=300), st.lists(st.sampled_from(sorted(PACKERS)), max_size=2))
def test_what_is_packed_twice_over_comes_out_as_it_went_in(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, packers: list[str]
) -> None:
    inner = b"plain " + data
    packed = inner
    for name in packers:
        packed = PACKERS[name](packed)
    found, counts = contents(tmp_path_factory.getbasetemp() / "packed", packed)
    assert list(found.values()) == [inner]
    assert not counts


def test_a_file_is_named_after_all_its_containers(tmp_path: Path) -> None:
    inner = zipped({"deep/a.txt": b"a", "b.txt": b"b"})
    found, _ = contents(tmp_path / "all.tar", tarred({"in/some.zip": inner, "c.txt": b"c"}))
    assert found == {
        "all.tar/in/some.zip/deep/a.txt": b"a",
        "all.tar/in/some.zip/b.txt": b"b",
        "all.tar/c.txt": b"c",
    }


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    assert contents(tmp_path / "empty", b"") == ({"empty": b""}, Counter())


def test_folders_and_links_in_containers_are_no_files(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as container:
        for name, kind in (
            ("folder", tarfile.DIRTYPE),
            ("link", tarfile.SYMTYPE),
            ("pipe", tarfile.FIFOTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            container.addfile(member)
    assert contents(tmp_path / "a.tar", out.getvalue()) == ({}, Counter())


def test_programs_are_counted_and_books_and_office_documents_stay_whole(tmp_path: Path) -> None:
    files = {
        "letter.docx": zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "words"}),
        "app.jar": zipped({"META-INF/MANIFEST.MF": "x"}),
        "book.epub": zipped({"META-INF/container.xml": "<container/>", "a.xhtml": "words"}),
    }
    path = tmp_path / "all.tar"
    path.write_bytes(tarred(files))
    unpacker = Unpacker(Counter())
    with path.open("rb") as file:
        found = [(each.name, each.book is not None, each.inside) for each in unpacker.files(file, "all.tar")]
    assert found == [("all.tar/letter.docx", True, True), ("all.tar/book.epub", True, True)]
    assert unpacker.counts == {"unsupported_file": 1}


def test_of_a_packed_web_archive_only_the_records_are_read(tmp_path: Path) -> None:
    files = {"datapackage.json": "{}", "pages/pages.jsonl": "{}", "archive/data.warc": "WARC/1.0"}
    found, _ = contents(tmp_path / "a.wacz", zipped(files))
    assert list(found) == ["a.wacz/archive/data.warc"]
    del files["archive/data.warc"]
    found, _ = contents(tmp_path / "b.zip", zipped(files))
    assert list(found) == ["b.zip/datapackage.json", "b.zip/pages/pages.jsonl"]


def test_one_damaged_member_does_not_stop_the_others(tmp_path: Path) -> None:
    files = {"a.gz": gzip.compress(b"words " * 500)[:30], "b.txt": b"fine", "c.zip": b"PK\x03\x04 no zip"}
    assert sizes(tmp_path / "all.tar", tarred(files))[0][-1] == 4
    assert sizes(tmp_path / "all.tar", tarred(files))[1] == {"cut_off": 2}


def test_a_tar_header_of_hostile_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored, "TAR_HEADER_BYTES", 1000)
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as container:
        container.addfile(tarfile.TarInfo("a" * 2000))
    assert sizes(tmp_path / "a.tar", out.getvalue()) == ([], Counter({"cut_off": 1}))


def test_all_bytes_are_given_up_to_the_limit_and_not_one_more() -> None:
    def held() -> StoredFile:
        return StoredFile("a", io.BufferedReader(io.BytesIO(b"12345")), b"")  # type: ignore[type-var]

    assert held().whole(5) == b"12345"
    with pytest.raises(Bomb, match="more than 4 bytes"):
        held().whole(4)


@pytest.mark.parametrize("name", ["gz", "bz2", "xz", "zst"])
def test_compression_is_known_by_its_first_bytes(name: str) -> None:
    opener = packing(PACKERS[name](b"words")[:16])
    assert opener is not None
    assert opener(io.BytesIO(PACKERS[name](b"words"))).read() == b"words"


@pytest.mark.parametrize("head", [b"", b"words", b"PK\x03\x04", b"\x1f", b"BZ"])
def test_other_bytes_are_not_taken_for_compression(head: bytes) -> None:
    assert packing(head) is None


def test_a_tar_file_is_known_by_its_mark() -> None:
    assert is_tar(tarred({"a": b"words"}))
    assert not is_tar(b"ustar" + bytes(600))
    assert not is_tar(b"")


@pytest.mark.parametrize(("error", "reason"), [(Bomb("x"), "bomb"), (EOFError(), "cut_off")])
def test_damage_is_counted_by_its_kind(error: Exception, reason: str) -> None:
    unpacker = Unpacker(Counter())
    unpacker.damaged(error)
    assert unpacker.counts == {reason: 1}


def wide(data: bytes) -> bytes:
    """zstd with a window of 2 GB: the header says so, the content needs no more than itself."""
    packer = zstandard.ZstdCompressor().compressobj()  # without a content size the header names the window
    packed = bytearray(packer.compress(data) + packer.flush())
    assert not packed[4] & 0x20
    packed[5] = 21 << 3
    return bytes(packed)


@pytest.mark.parametrize("name", ["rows.jsonl.zst", "rows.zst", "text.txt.zst"])
def test_a_zstd_window_of_2_gb_is_refused_with_the_command_that_unpacks_it(
    empty_lab: Lab, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    file.write_bytes(wide(b'{"text": "Line 0 of the miller\'s diary, written at night."}\n'))
    for add in (add_docs, add_chats) if name == "rows.jsonl.zst" else (add_docs,):
        with pytest.raises(GlaswerkError, match="window above 128 MiB") as error:
            add(empty_lab, [file], licence="own")
        assert error.value.hint == f"unpack it first: zstd -d --long=31 {file}"
    with pytest.raises(GlaswerkError, match="window above 128 MiB"):
        add_posts(empty_lab, [file], licence="own", acquired="own")


def test_a_wide_window_in_a_folder_or_container_is_counted(empty_lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "good.txt").write_text("The old mill stands by the river.")
    packed = wide(b"The old mill stands by the river, and its wheel still turns.")
    (folder / "wide.txt.zst").write_bytes(packed)
    with zipfile.ZipFile(folder / "box.zip", "w") as box:
        box.writestr("inner.txt.zst", packed)
    # A second frame, after one that was read.
    (folder / "two.txt.zst").write_bytes(zstandard.compress(b"The first frame.") + packed)
    made = add_docs(empty_lab, [folder], licence="own")
    reasons = {bad["file"]: bad["reason"] for bad in made.stats["bad_files"]}
    assert set(reasons) == {"wide.txt.zst", "box.zip/inner.txt.zst", "two.txt.zst"}
    assert reasons["box.zip/inner.txt.zst"] == "wide_window"


def test_members_of_a_zip_file_that_share_bytes_are_a_bomb(tmp_path: Path) -> None:
    whole = bytearray(zipped({"a.txt": b"words " * 99, "b.txt": b"words " * 99}))
    second = whole.rindex(b"PK\x01\x02")
    whole[second + 42 : second + 46] = bytes(4)  # the second member begins where the first does
    (tmp_path / "a.zip").write_bytes(whole)
    counts: Counter[str] = Counter()
    with (tmp_path / "a.zip").open("rb") as file:
        assert list(Unpacker(counts).files(file, "a.zip")) == []
    assert counts == {"bomb": 1}
