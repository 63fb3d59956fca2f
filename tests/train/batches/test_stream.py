"""Documents in pieces: nothing is lost of a text, and dialogues are cut after answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_shards import documents_of, stream_of, write_shards

from glaswerk.train.batches.batches import IGNORED
from glaswerk.train.batches.stream import Stream


@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.integers(1, 16))
@settings(deadline=None)
def test_the_pieces_of_a_text_are_the_text_with_its_end_token(lengths: list[int], longest: int) -> None:
    documents = documents_of(lengths)
    stream = stream_of(documents)
    pieces = stream.pieces(longest)
    labels: dict[int, list[int]] = {}
    for document, start, length in zip(pieces.document, pieces.start, pieces.length, strict=True):
        assert 1 <= length <= longest
        labels.setdefault(int(document), []).extend(stream.read(int(start), int(length))[1].tolist())
    assert [labels[i] for i in range(len(lengths))] == [[*ids, 0] for ids in documents.values()]
    assert pieces.lost == 0


def test_every_text_is_read_from_an_end_token_on() -> None:
    stream = stream_of({"a": [1, 2], "b": [3]})
    pieces = stream.pieces(8)
    inputs = [
        stream.read(int(s), int(n))[0].tolist() for s, n in zip(pieces.start, pieces.length, strict=True)
    ]
    assert inputs == [[0, 1, 2], [0, 3]]
    assert pieces.start.tolist() == [-1, 2], "the first text of a file has no end token before it"


def test_selected_documents_keep_their_places_in_the_file() -> None:
    stream = stream_of({"a": [1, 2], "b": [3], "c": [4, 5, 6]})
    chosen = stream.only(np.array([2, 0]))
    assert chosen.documents == ["c", "a"]
    assert chosen.starts.tolist() == [5, 0]
    assert [chosen.read(int(s), 1)[1][0] for s in chosen.starts - 1] == [4, 1]


def test_a_stream_of_shards_has_a_mask_only_for_dialogues(tmp_path: Path) -> None:
    shards = write_shards(tmp_path, {"train": {"t": [1, 2]}, "chat": {"c": [3, 4]}})
    assert Stream.of(shards, "train").mask is None
    chat = Stream.of(shards, "chat")
    assert chat.mask is not None
    assert np.asarray(chat.mask).tolist() == [1, 1, 0]
    assert (list(chat.documents), chat.end_id) == (["c"], 0)


def _dialogue(*turns: tuple[int, int]) -> Stream:
    """(tokens of a question, tokens of its answer) of every exchange."""
    mask = np.concatenate([np.r_[np.zeros(q, np.uint8), np.ones(a, np.uint8)] for q, a in turns])
    plain = stream_of({"d": np.arange(1, len(mask) + 1).tolist()}, split="chat")
    return replace(plain, mask=np.append(mask, 0))


def test_a_dialogue_that_fits_is_one_piece_with_loss_on_its_answers() -> None:
    stream = _dialogue((2, 3), (1, 2))
    pieces = stream.pieces(20)
    assert (pieces.start.tolist(), pieces.length.tolist()) == ([0], [7])
    _, labels = stream.read(0, 7)
    no = IGNORED
    assert labels.tolist() == [no, 3, 4, 5, no, 7, 8]


def test_a_longer_one_is_cut_after_answers() -> None:
    stream = _dialogue((2, 3), (2, 3), (2, 3))
    pieces = stream.pieces(10)
    assert pieces.start.tolist() == [0, 10]
    assert pieces.length.tolist() == [9, 4]
    assert pieces.lost == 0


@pytest.mark.parametrize(("answer", "lost"), [(6, 0), (9, 2), (40, 33)])
def test_the_end_of_an_exchange_longer_than_a_row_is_lost_and_counted(answer: int, lost: int) -> None:
    pieces = _dialogue((2, answer)).pieces(8)
    assert pieces.length.tolist() == [min(answer + 1, 8)]
    assert pieces.lost == lost
