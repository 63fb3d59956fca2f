"""A Parquet file from outside gives at most 200 times its size: a value that repeats takes no space in it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.files.stored import Bomb
from glaswerk.data.source import add_chats, add_docs, add_images, add_posts
from glaswerk.data.store.stored_rows import within_ratio
from glaswerk.lab import Lab

# More than the 12 MiB that every file may give.
REPEATS, SIZE = 40, 500_000


def repeated(path: Path, **columns: str | bytes) -> Path:
    zero = pa.array([0] * REPEATS, pa.int32())
    table = {name: pa.DictionaryArray.from_arrays(zero, pa.array([value])) for name, value in columns.items()}
    pq.write_table(pa.table(table), path, compression="zstd")
    return path


def test_what_was_read_before_the_bound_is_kept_and_the_rest_counted(empty_lab: Lab, tmp_path: Path) -> None:
    path = repeated(tmp_path / "a.parquet", text="x" * SIZE)
    made = add_docs(empty_lab, [path], licence="own")
    assert made.stats["left_out"]["bomb"] == 1
    assert 0 < made.stats["documents"] < REPEATS


def test_other_verbs_refuse_such_a_file(empty_lab: Lab, tmp_path: Path) -> None:
    chats = repeated(tmp_path / "chats.parquet", prompt="x" * SIZE, completion="y")
    with pytest.raises(GlaswerkError, match="200 times"):
        add_chats(empty_lab, [chats], licence="own")
    posts = repeated(tmp_path / "posts.parquet", id_str="1850000000000000001", full_text="x" * SIZE)
    made = add_posts(empty_lab, [posts], licence="own", acquired="licensed")
    assert made.stats["left_out"]["bomb"] == 1
    pictures = repeated(tmp_path / "pictures.parquet", image=b"\x89PNG" + bytes(SIZE), text="A square")
    with pytest.raises(GlaswerkError):
        add_images(empty_lab, [pictures], licence="own")


def test_rows_without_values_cost_too() -> None:
    with pytest.raises(Bomb):
        list(within_ratio(({"text": None} for _ in range(10**6)), 1))


def test_a_file_that_is_as_large_as_its_rows_is_read_whole(empty_lab: Lab, tmp_path: Path) -> None:
    rows = [{"text": f"Number {n} of the mill. " * 40} for n in range(20_000)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet", compression="zstd")
    assert add_docs(empty_lab, [tmp_path / "a.parquet"], licence="own").stats["documents"] == 20_000
