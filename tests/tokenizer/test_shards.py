"""Shards hold exactly the corpus' documents, and each span leads back to its text."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from handmade import write_corpus
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.core.document import Document, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Lab
from glaswerk.tokenizer import Shards, Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.shards import batched_documents
from glaswerk.tokenizer.training import TokenizerConfig


def test_every_span_decodes_to_its_documents_text(lab: Lab) -> None:
    shards = Shards.open(lab.path("shards", "main.main"))
    tokenizer = Tokenizer.load(lab.path("tokenizer", "main"))
    for split in ("train", "validation"):
        texts = {d.id: d.text for d in read_documents(lab.path("corpus", "main"), split)}
        ids, starts, ends = shards.spans(split)
        tokens = shards.tokens(split)
        assert sorted(ids) == sorted(texts)
        for identifier, start, end in zip(ids, starts, ends, strict=True):
            assert tokenizer.decode(tokens[start:end].tolist()) == texts[identifier]
            assert tokens[end] == shards.end_id


def test_spans_cover_the_whole_file_without_overlap(lab: Lab) -> None:
    shards = Shards.open(lab.path("shards", "main.main"))
    for split in shards.splits():
        _, starts, ends = shards.spans(split)
        assert starts[0] == 0
        assert (starts[1:] == ends[:-1] + 1).all()
        assert ends[-1] + 1 == len(shards.tokens(split))


def test_the_chat_mask_is_as_long_as_its_tokens(lab: Lab) -> None:
    shards = Shards.open(lab.path("shards", "main.main"))
    mask = shards.mask("chat")
    assert len(mask) == len(shards.tokens("chat"))
    assert 0 < mask.sum() < len(mask)


def test_training_and_validation_share_no_document_text(lab: Lab) -> None:
    corpus = lab.path("corpus", "main")
    train = {d.text for d in read_documents(corpus, "train")}
    assert not train & {d.text for d in read_documents(corpus, "validation")}


@pytest.fixture(scope="module")
def small(small_lab: Lab) -> Shards:
    return Shards.open(small_lab.path("shards", "main.main"))


def test_documents_with_messages_are_packed_with_a_loss_mask_and_others_without(small: Shards) -> None:
    assert small.splits() == ["train", "validation", "chat"]
    assert len(small.mask("chat")) == len(small.tokens("chat"))
    assert not (small.folder / "train.mask.bin").exists()


def test_a_dialogue_without_an_answer_has_no_loss(small: Shards) -> None:
    ids, starts, ends = small.spans("chat")
    losses = {
        name: int(small.mask("chat")[start:end].sum())
        for name, start, end in zip(ids, starts, ends, strict=True)
    }
    assert losses["d1"] == 0
    assert losses["d0"] > 0


def test_a_document_is_found_by_its_id_in_every_split(small: Shards) -> None:
    ids, starts, ends = small.spans("train")
    assert small.find("p7") == [("train", starts[ids.index("p7")], ends[ids.index("p7")])]
    assert small.find("d0")[0][0] == "chat"
    assert small.find("nobody") == []


@pytest.mark.parametrize(
    ("documents", "expected"),
    [(set(), {}), ({"nobody"}, {}), ({"p1", "p2"}, {"train": 2}), ({"p1", "d0"}, {"train": 1, "chat": 1})],
)
def test_documents_are_counted_by_split_with_their_tokens(
    small: Shards, documents: set[str], expected: dict[str, int]
) -> None:
    found = small.count(documents)
    assert {split: number for split, number, _ in found} == expected
    for split, _, tokens in found:
        held = small.held(split, documents)
        assert set(held) <= documents
        assert tokens == sum(held.values()) > 0


def test_a_split_that_is_not_there_is_refused_with_those_that_are(small: Shards) -> None:
    with pytest.raises(GlaswerkError, match="no split 'preference'; they have train, validation, chat"):
        small.tokens("preference")


@pytest.mark.parametrize("content", [None, "", "[]", "{}", '{"dtype": "<u2"}'])
def test_a_folder_that_holds_no_shards_is_refused(content: str | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "shards.json").write_text(content)
    with pytest.raises(GlaswerkError, match="expected shards in") as error:
        Shards.open(tmp_path)
    assert str(error.value.hint).startswith(f"mv {tmp_path} ")


@given(st.integers(0, 4200))
@settings(max_examples=8, deadline=None)
def test_batches_keep_every_document_in_order_and_are_full_but_for_the_last(count: int) -> None:
    documents = [Document(str(i), "s", "", Rights("CC0-1.0")) for i in range(count)]
    batches = list(batched_documents(documents))
    assert [document for batch in batches for document in batch] == documents
    assert all(len(batch) == 2048 for batch in batches[:-1])
    assert all(batches)


def test_a_corpus_without_a_training_document_is_refused(empty_lab: Lab) -> None:
    write_corpus(empty_lab, {"train": [Document("p", "s", "the mill", Rights("CC0-1.0"))]})
    train_tokenizer(empty_lab, TokenizerConfig(300))
    write_corpus(empty_lab, {"validation": [Document("p", "s", "the mill", Rights("CC0-1.0"))]})
    with pytest.raises(GlaswerkError, match="no training document") as error:
        pack(empty_lab)
    assert "glaswerk curate" in str(error.value.hint)


def test_packing_again_does_nothing(small_lab: Lab, small: Shards) -> None:
    before = (small.folder / "train.bin").stat().st_mtime_ns
    assert pack(small_lab).path == small.folder
    assert (small.folder / "train.bin").stat().st_mtime_ns == before


@pytest.mark.parametrize(("size", "dtype"), [(1 << 16, "uint16"), ((1 << 16) + 1, "uint32")])
def test_the_type_on_disk_is_that_of_the_layout(size: int, dtype: str, tmp_path: Path) -> None:
    # As `pack` chooses it: 65,536 ids are the last that two bytes hold.
    layout = {"dtype": np.dtype("<u2" if size <= 1 << 16 else "<u4").str, "vocab_size": size, "end_id": 0}
    (tmp_path / "shards.json").write_text(json.dumps(layout | {"splits": {"train": {}}}))
    np.array([size - 1, 0], layout["dtype"]).tofile(tmp_path / "train.bin")
    shards = Shards.open(tmp_path)
    assert shards.dtype.name == dtype
    assert shards.tokens("train").tolist() == [size - 1, 0]
