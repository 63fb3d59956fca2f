"""Cutting token files into segments, and the arrays of each: written last file last, reused by digest."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.trace.segments import (
    Part,
    cuts,
    digest_tokens,
    has_arrays,
    open_segment,
    read_parts,
    take_arrays,
    write_arrays,
    write_parts,
)

TOKENS = np.array([3, 1, 3, 1, 2, 0], np.uint16)
PART = Part("train", 0, len(TOKENS), digest_tokens(TOKENS, 5))


@pytest.fixture
def built(tmp_path: Path) -> Path:
    write_arrays(tmp_path, PART, TOKENS, 5)
    return tmp_path


sizes = st.lists(st.integers(1, 30), max_size=200)


@given(sizes, st.integers(1, 300))
def test_segments_cover_all_documents_in_order_and_within_the_limit(lengths: list[int], limit: int) -> None:
    ends = np.cumsum(lengths)
    found = cuts([str(i) for i in range(len(lengths))], ends, limit)
    borders = [0, *(end for _, end in found)]
    assert [start for start, _ in found] == borders[:-1]
    assert borders[-1] == sum(lengths)
    assert set(borders) <= {0, *ends.tolist()}
    assert all(end - start <= limit or end - start in lengths for start, end in found)


def test_most_cuts_come_back_behind_a_deletion() -> None:
    names, ends = [f"d{i}" for i in range(20_000)], np.arange(1, 20_001) * 100
    before = {names[end // 100 - 1] for _, end in cuts(names, ends, 100_000)}
    # The documents of one author, a twentieth of a segment.
    left = names[:500] + names[550:]
    after = {left[end // 100 - 1] for _, end in cuts(left, ends[: len(left)], 100_000)}
    assert len(before - after) <= 3
    assert len(before) >= 20


def test_a_document_longer_than_the_limit_is_a_segment_by_itself() -> None:
    assert cuts(["a", "b", "c"], np.array([2, 502, 504]), 10) == [(0, 2), (2, 502), (502, 504)]


def test_no_documents_make_no_segment() -> None:
    assert cuts([], np.zeros(0, np.int64), 10) == []


@given(st.lists(st.integers(0, 4), max_size=30), st.sampled_from([np.uint16, np.uint32]))
def test_the_digest_follows_tokens_type_and_vocabulary(tokens: list[int], dtype: type) -> None:
    array = np.array(tokens, dtype)
    digest = digest_tokens(array, 5)
    assert digest == digest_tokens(np.array(tokens, dtype), 5)
    assert digest != digest_tokens(array, 6)
    assert digest != digest_tokens(np.append(array, dtype(0)), 5)
    assert digest != digest_tokens(array.astype(np.uint16 if dtype is np.uint32 else np.uint32), 5)


def test_written_arrays_are_read_back(built: Path) -> None:
    segment = open_segment(built, PART, TOKENS)
    assert segment.order.tolist() == [5, 3, 1, 4, 2, 0]
    assert segment.bounds.tolist() == [0, 1, 3, 4, 6, 6]
    assert sorted(file.name for file in built.iterdir()) == [
        f"{PART.name}.bounds.npy",
        f"{PART.name}.order.npy",
    ]


def test_arrays_count_only_if_the_last_file_is_there(built: Path) -> None:
    assert has_arrays(built, PART)
    (built / f"{PART.name}.bounds.npy").unlink()
    assert not has_arrays(built, PART)


@pytest.mark.parametrize("outputs", [{}, {"order": {"digest": "b2:0"}}])
def test_arrays_of_a_finished_index_count_only_with_the_digests_of_its_manifest(
    outputs: dict[str, dict[str, str]], built: Path
) -> None:
    named = {f"{PART.name}.{kind}.npy": value for kind, value in outputs.items()}
    (built / "manifest.json").write_text(json.dumps({"outputs": named}))
    assert not has_arrays(built, PART)


def test_arrays_are_linked_into_another_folder_and_not_copied(built: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    take_arrays(built, PART, other)
    assert has_arrays(other, PART)
    for kind in ("order", "bounds"):
        name = f"{PART.name}.{kind}.npy"
        assert (other / name).stat().st_ino == (built / name).stat().st_ino


def test_arrays_that_cannot_be_linked_are_copied(built: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for kind in ("order", "bounds"):
        # A file of that name is in the way of a link, not of a copy.
        (other / f"{PART.name}.{kind}.npy").write_bytes(b"left by an interrupted run")
    take_arrays(built, PART, other)
    assert open_segment(other, PART, TOKENS).order.tolist() == [5, 3, 1, 4, 2, 0]
    assert (other / f"{PART.name}.order.npy").stat().st_nlink == 1


@pytest.mark.parametrize("kind", ["order", "bounds"])
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY", b"not an array"])
def test_damaged_arrays_are_refused_with_the_command_that_builds_them(
    kind: str, content: bytes | None, built: Path
) -> None:
    file = built / f"{PART.name}.{kind}.npy"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(GlaswerkError, match="cannot be read") as error:
        open_segment(built, PART, TOKENS)
    assert "glaswerk index" in str(error.value.hint)


@pytest.mark.parametrize("count", [0, 5])
def test_arrays_of_other_tokens_are_refused_with_both_counts(count: int, built: Path) -> None:
    with pytest.raises(GlaswerkError, match=f"covers 6 tokens of 'train' .* the shards hold {count}"):
        open_segment(built, PART, TOKENS[:count])


@given(st.lists(st.builds(Part, st.text(), st.integers(0), st.integers(0), st.text()), max_size=4))
def test_the_list_of_segments_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, parts: list[Part]
) -> None:
    folder = tmp_path_factory.mktemp("parts")
    write_parts(folder, parts)
    assert read_parts(folder) == parts


@pytest.mark.parametrize("content", [None, "", "{", "[1]", '[{"split": "train"}]', '[{"other": 1}]'])
def test_a_missing_or_damaged_list_of_segments_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "segments.json").write_text(content)
    with pytest.raises(GlaswerkError, match="cannot be read") as error:
        read_parts(tmp_path)
    assert "glaswerk index" in str(error.value.hint)
