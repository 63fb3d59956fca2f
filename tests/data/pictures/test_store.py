"""Pictures are stored once each under the hash of their bytes, and read back or refused in words."""

from __future__ import annotations

import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from x_pictures import BLUE, RED, png

from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import digest_bytes
from glaswerk.data.pictures.check import Picture
from glaswerk.data.pictures.store import Pictures, PictureWriter, picture_name, read_picture


def picture(data: bytes, suffix: str = "png") -> Picture:
    return Picture(data, suffix, 8, 6, stripped=False, placed=False)


def stored(folder: Path, *pictures: bytes) -> list[str]:
    """The names of pictures written into a folder."""
    with PictureWriter(folder) as writer:
        return [writer.add(picture(data)) for data in pictures]


def test_pictures_are_packed_into_tar_files_of_bounded_size(tmp_path: Path) -> None:
    given_pictures = [Picture(png(shade), "png", 8, 6, stripped=False, placed=False) for shade in range(30)]
    with PictureWriter(tmp_path, shard_bytes=8000) as writer:
        names = [writer.add(picture) for picture in given_pictures]
    shards = sorted((tmp_path / "media").iterdir())
    assert len(shards) > 2
    taken_out: dict[str, bytes] = {}
    for shard in shards:
        with tarfile.open(shard) as container:
            members = container.getmembers()
            assert sum(member.size for member in members) <= 8000
            taken_out |= {member.name: container.extractfile(member).read() for member in members}  # type: ignore[union-attr]
    assert taken_out == dict(zip(names, [picture.data for picture in given_pictures], strict=True))
    with Pictures(tmp_path) as pictures:
        assert pictures.names() == sorted(names)
        assert {name: pictures.read(name) for name in names} == taken_out


def test_a_name_is_the_hash_of_the_bytes_and_the_ending_of_the_format() -> None:
    assert picture_name(picture(RED, "gif")) == f"{digest_bytes(RED).replace(':', '-')}.gif"
    assert picture_name(picture(RED)) != picture_name(picture(BLUE))


def test_the_same_bytes_are_stored_once(tmp_path: Path) -> None:
    with PictureWriter(tmp_path) as writer:
        names = [writer.add(picture(data)) for data in (RED, BLUE, RED)]
        assert names[0] == names[2] != names[1]
        assert (len(writer), writer.bytes) == (2, len(RED) + len(BLUE))
        assert writer.sizes() == ([8, 8], [6, 6])
        assert list(writer.formats()) == ["png", "png"]


def test_the_index_says_where_the_bytes_of_each_picture_begin(tmp_path: Path) -> None:
    stored(tmp_path, BLUE, RED)
    rows = pq.read_table(tmp_path / "media.parquet").to_pylist()
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    data = (tmp_path / "media" / "00000.tar").read_bytes()
    found = {data[row["offset"] : row["offset"] + row["bytes"]] for row in rows}
    assert found == {RED, BLUE}


def test_an_error_while_writing_leaves_no_index(tmp_path: Path) -> None:
    writer = PictureWriter(tmp_path)
    writer.__enter__().add(picture(RED))
    writer.__exit__(ValueError, ValueError("stop"), None)
    assert not (tmp_path / "media.parquet").exists()
    with pytest.raises(GlaswerkError, match=r"media\.parquet is missing") as caught:
        Pictures(tmp_path)
    assert "glaswerk add images" in (caught.value.hint or "")


def test_a_source_without_any_picture_has_an_empty_index(tmp_path: Path) -> None:
    stored(tmp_path)
    with Pictures(tmp_path) as pictures:
        assert pictures.names() == []


def test_a_picture_of_another_source_is_copied_under_its_name(tmp_path: Path) -> None:
    with PictureWriter(tmp_path) as writer:
        writer.copy(picture_name(picture(RED)), RED, 8, 6)
    assert read_picture(tmp_path, picture_name(picture(RED))) == RED


def test_several_threads_read_at_once_and_closing_twice_does_no_harm(tmp_path: Path) -> None:
    given = [png(shade) for shade in range(0, 200, 10)]
    names = stored(tmp_path, *given)
    pictures = Pictures(tmp_path)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(pictures.read, names * 3)) == given * 3
    pictures.close()
    pictures.close()
    assert pictures.read(names[0]) == given[0]
    pictures.close()


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "b2-0.png"])
def test_a_name_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    stored(tmp_path, RED)
    with pytest.raises(GlaswerkError, match="expected the name of a picture"):
        read_picture(tmp_path, name)


def test_an_index_that_is_broken_is_a_named_error(tmp_path: Path) -> None:
    stored(tmp_path, RED)
    (tmp_path / "media.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(GlaswerkError, match=r"media\.parquet"):
        Pictures(tmp_path)


def test_a_tar_cut_short_is_noticed_by_the_hash(tmp_path: Path) -> None:
    (name,) = stored(tmp_path, RED)
    path = tmp_path / "media" / "00000.tar"
    path.write_bytes(path.read_bytes()[:540])
    with pytest.raises(GlaswerkError, match="damaged"):
        read_picture(tmp_path, name)
