"""When shards are replaced, the span tables stay as long as a model was trained on them, without any text."""

from __future__ import annotations

from pathlib import Path

import pytest
from handmade import write_corpus

from glaswerk.core.document import Document, Rights
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.tokenizer import Shards, keep_spans, pack, train_tokenizer
from glaswerk.tokenizer.retained_spans import spans_folder
from glaswerk.tokenizer.training import TokenizerConfig

CC0 = Rights("CC0-1.0", acquired="own")


def packed(lab: Lab, *texts: str) -> Artifact:
    documents = [Document(f"p{i}", "s", text, CC0) for i, text in enumerate(texts)]
    write_corpus(lab, {"train": documents})
    train_tokenizer(lab, TokenizerConfig(270))
    return pack(lab)


def trained(lab: Lab, shards: Artifact, name: str) -> Artifact:
    spec = Spec("model", name, "test/1", {"shards": shards.id}, {"name": name})
    return lab.make(spec, lambda folder: {"size": (folder / "weights").write_text(name)})


def retained(lab: Lab) -> list[Path]:
    return sorted((lab.root / "runs").glob("spans-*"))


@pytest.fixture
def first(empty_lab: Lab) -> Artifact:
    return packed(empty_lab, "the old mill", "the new mill")


def test_spans_of_shards_that_trained_a_model_outlive_the_shards(empty_lab: Lab, first: Artifact) -> None:
    trained(empty_lab, first, "base/step-1")
    before = Shards.open(first.path).spans("train")
    packed(empty_lab, "the old mill")
    folder = spans_folder(empty_lab, first.id)
    assert folder == retained(empty_lab)[0]
    ids, starts, ends = Shards.open(folder).spans("train")
    assert ids == before[0] == ["p0", "p1"]
    assert (starts.tolist(), ends.tolist()) == (before[1].tolist(), before[2].tolist())


def test_the_retained_folder_has_no_tokens(empty_lab: Lab, first: Artifact) -> None:
    trained(empty_lab, first, "base/step-1")
    keep_spans(empty_lab, first)
    assert sorted(file.name for file in retained(empty_lab)[0].iterdir()) == [
        "shards.json",
        "train.spans.parquet",
    ]


def test_spans_of_shards_without_a_model_are_not_kept(empty_lab: Lab, first: Artifact) -> None:
    packed(empty_lab, "the old mill")
    assert retained(empty_lab) == []
    assert spans_folder(empty_lab, first.id) is None


def test_shards_in_the_lab_are_found_before_their_retained_spans(empty_lab: Lab, first: Artifact) -> None:
    trained(empty_lab, first, "base/step-1")
    keep_spans(empty_lab, first)
    assert spans_folder(empty_lab, first.id) == first.path


def test_retained_spans_go_with_the_last_model_that_needs_them(empty_lab: Lab, first: Artifact) -> None:
    model = trained(empty_lab, first, "base/step-1")
    second = packed(empty_lab, "the old mill")
    assert len(retained(empty_lab)) == 1
    empty_lab.remove(model)
    keep_spans(empty_lab, second)
    assert retained(empty_lab) == []


def test_keeping_twice_changes_nothing(empty_lab: Lab, first: Artifact) -> None:
    trained(empty_lab, first, "base/step-1")
    keep_spans(empty_lab, first)
    before = {file: file.stat().st_mtime_ns for file in retained(empty_lab)[0].iterdir()}
    keep_spans(empty_lab, first)
    assert {file: file.stat().st_mtime_ns for file in retained(empty_lab)[0].iterdir()} == before


def test_a_copy_that_was_interrupted_is_made_again(empty_lab: Lab, first: Artifact) -> None:
    trained(empty_lab, first, "base/step-1")
    keep_spans(empty_lab, first)
    (done,) = retained(empty_lab)
    unfinished = done.with_name(f".{done.name}.part")
    done.rename(unfinished)
    (unfinished / "train.spans.parquet").write_bytes(b"half")
    keep_spans(empty_lab, first)
    assert not unfinished.exists()
    assert Shards.open(done).spans("train")[0] == ["p0", "p1"]
