"""A split of the index: from token positions to documents, without those that are hidden."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from handmade import write_corpus

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.tokenizer import Shards, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import build
from glaswerk.trace.indexed_split import IndexedSplit
from glaswerk.trace.segments import read_parts
from glaswerk.trace.suffix_array import Segment

CC0 = Rights("CC0-1.0", acquired="own")
END = 9
# Documents "a" to "d" of two, three, one and two tokens, each followed by the end token.
TOKENS = np.array([1, 2, END, 3, 4, 5, END, 1, END, 2, 2, END], np.uint16)
SPLIT = IndexedSplit(
    name="train",
    tokens=TOKENS,
    ids=["a", "b", "c", "d"],
    starts=np.array([0, 3, 7, 9]),
    ends=np.array([2, 6, 8, 11]),
    begins=np.array([0, 3, 7, 9]),
    ages=np.array([2, 0, 3, 1], np.int32),
    copies=np.zeros(4, np.int32),
    segments=((0, Segment.of(TOKENS[:7], 10)), (7, Segment.of(TOKENS[7:], 10))),
)


@pytest.mark.parametrize(
    ("places", "documents"),
    [([0], [0]), ([1, 0, 1], [0]), ([10, 4, 0], [1, 3, 0]), ([7, 9, 5, 1], [1, 3, 0, 2]), ([], [])],
)
def test_documents_at_positions_are_distinct_and_earliest_first(
    places: list[int], documents: list[int]
) -> None:
    assert SPLIT.holding(np.array(places, np.int64)).tolist() == documents


@pytest.mark.parametrize(
    ("hidden", "flags"),
    [
        (set(), None),
        ({"z"}, None),
        ({"a"}, [True, False, False, False]),
        ({"a", "d", "z"}, [True, False, False, True]),
    ],
)
def test_hidden_documents_are_flagged_and_none_gives_nothing(
    hidden: set[str], flags: list[bool] | None
) -> None:
    found = SPLIT.hides(hidden)
    assert (None if found is None else found.tolist()) == flags


def test_tokens_of_hidden_documents_leave_the_counts_with_their_end_tokens() -> None:
    counts = np.bincount(TOKENS, minlength=10).astype(float)
    hides = SPLIT.hides({"d", "a"})
    assert hides is not None
    SPLIT.take_out(counts, hides)
    assert counts.tolist() == np.bincount(TOKENS[3:9], minlength=10).tolist()


def test_without_hidden_documents_every_position_is_shown() -> None:
    assert [each.visible for each in SPLIT.searched(None)] == [None, None]


def test_positions_of_hidden_documents_are_not_visible_in_any_segment() -> None:
    first, second = SPLIT.searched(SPLIT.hides({"b", "c"}))
    assert first.visible is not None
    assert second.visible is not None
    # Places are behind a first word, so each is one after a token of the document.
    assert first.visible(np.array([1, 2, 4, 5])).tolist() == [True, True, False, False]
    assert second.visible(np.array([1, 3])).tolist() == [False, True]


def test_tokens_before_the_beginning_of_a_document_do_not_count() -> None:
    split = replace(SPLIT, begins=np.array([0, 5, 7, 9]))
    first = split.searched(None)[0]
    assert first.visible is not None
    assert first.visible(np.array([1, 4, 5, 6])).tolist() == [True, False, False, True]


def test_sides_alternate_in_a_split_of_pairs_only() -> None:
    assert [SPLIT.side(i) for i in range(4)] == [""] * 4
    pairs = replace(SPLIT, name="preference")
    assert pairs.is_pairs
    assert [pairs.side(i) for i in range(4)] == ["chosen", "rejected", "chosen", "rejected"]


@pytest.mark.parametrize(("most", "tokens"), [(1, [3]), (2, [3, 4]), (100, [3, 4, 5])])
def test_the_first_tokens_of_a_document_stop_at_its_end(most: int, tokens: list[int]) -> None:
    assert SPLIT.words(1, most).tolist() == tokens


@pytest.fixture
def built(empty_lab: Lab) -> tuple[Shards, Artifact]:
    write_corpus(empty_lab, {"train": [Document(f"p{i}", "s", "the mill", CC0) for i in range(3)]})
    train_tokenizer(empty_lab, TokenizerConfig(270))
    shards = pack(empty_lab)
    return Shards.open(shards.path), build(empty_lab, shards)


def test_a_split_on_disk_is_opened_with_one_entry_per_document(built: tuple[Shards, Artifact]) -> None:
    shards, trace = built
    split = IndexedSplit.open(shards, trace.path, "train", read_parts(trace.path))
    assert split.ids == ["p0", "p1", "p2"]
    assert len(split.ages) == len(split.copies) == len(split.begins) == 3
    assert sum(len(segment.tokens) for _, segment in split.segments) == len(split.tokens)


@pytest.mark.parametrize("kind", ["age", "copies", "begin"])
@pytest.mark.parametrize("damage", ["missing", "short", "garbage"])
def test_a_damaged_array_is_refused_with_the_command_that_builds_it(
    kind: str, damage: str, built: tuple[Shards, Artifact]
) -> None:
    shards, trace = built
    file: Path = trace.path / f"train.{kind}.npy"
    file.unlink()
    if damage == "short":
        np.save(file, np.zeros(2, np.int64))
    elif damage == "garbage":
        file.write_bytes(b"garbage")
    with pytest.raises(GlaswerkError, match=r"cannot be read|covers 2 documents; the shards hold 3") as error:
        IndexedSplit.open(shards, trace.path, "train", read_parts(trace.path))
    assert "glaswerk index" in str(error.value.hint)
