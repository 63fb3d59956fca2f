"""Building the index: which documents come first, where their words begin, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from handmade import write_corpus

from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab
from glaswerk.tokenizer import Shards, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig
from glaswerk.trace import Tracer, build
from glaswerk.trace.build import parent, trained_splits

CC0 = Rights("CC0-1.0", acquired="own")


def post(identifier: str, text: str, year: int | None = None) -> Document:
    created = datetime(year, 5, 1, tzinfo=UTC) if year else None
    return Document(identifier, "posts", text, CC0, created_at=created)


def pair(identifier: str) -> Document:
    turns = [
        Message(role=role, content=text) for role, text in (("user", "Which door?"), ("assistant", "Red."))
    ]
    rejected = (Message(role="assistant", content="Look yourself."),)
    return Document(identifier, "pairs", "", CC0, kind="preference", messages=tuple(turns), rejected=rejected)


@pytest.fixture
def packed(empty_lab: Lab) -> Lab:
    train = [post("late", "the new mill", 2020), post("none", "no date"), post("early", "the old mill", 1990)]
    train.append(post("also", "the same day", 1990))
    write_corpus(empty_lab, {"train": train, "preference": [pair("q0"), pair("q1")]})
    train_tokenizer(empty_lab, TokenizerConfig(280))
    pack(empty_lab)
    return empty_lab


def test_documents_are_ranked_by_date_then_id_and_undated_ones_last(packed: Lab) -> None:
    trace = build(packed, packed.need("shards", "main.main", hint=""))
    assert np.load(trace.path / "train.age.npy").tolist() == [2, 3, 1, 0]


def test_the_words_of_a_rejected_answer_begin_after_the_shared_prompt(packed: Lab) -> None:
    artifact = packed.need("shards", "main.main", hint="")
    trace, shards = build(packed, artifact), Shards.open(artifact.path)
    begins = np.load(trace.path / "preference.begin.npy")
    _, starts, _ = shards.spans("preference")
    mask = shards.mask("preference")
    assert begins[::2].tolist() == starts[::2].tolist()
    assert (begins[1::2] > starts[1::2]).all()
    assert (mask[begins[1::2]] == 1).all()
    assert (mask[begins[1::2] - 1] == 0).all()


def test_every_document_of_the_training_split_begins_at_its_start(packed: Lab) -> None:
    artifact = packed.need("shards", "main.main", hint="")
    trace = build(packed, artifact)
    begins = np.load(trace.path / "train.begin.npy").tolist()
    assert begins == Shards.open(artifact.path).spans("train")[1].tolist()


def test_a_trace_covers_the_splits_that_training_uses_in_their_order(packed: Lab) -> None:
    shards = Shards.open(packed.path("shards", "main.main"))
    assert trained_splits(shards) == ["train", "preference"]


@pytest.mark.parametrize("tokens", [0, -1])
def test_a_segment_of_no_tokens_is_refused(packed: Lab, tokens: int) -> None:
    with pytest.raises(GlaswerkError, match=f"at least 1 token per segment, found {tokens}"):
        build(packed, packed.need("shards", "main.main", hint=""), segment_tokens=tokens)


@pytest.mark.parametrize("limit", [1, 5, 1000])
def test_counts_do_not_depend_on_how_the_index_is_cut(packed: Lab, limit: int) -> None:
    trace = build(packed, packed.need("shards", "main.main", hint=""), segment_tokens=limit)
    tracer = Tracer.open(packed, trace)
    assert tracer.count("mill").counts == {"train": 2}
    assert tracer.count("Which door").counts == {"preference": 2}
    assert tracer.count("Look yourself").counts == {"preference": 2}


def test_the_input_of_an_artifact_is_found_by_its_kind(packed: Lab) -> None:
    shards = packed.need("shards", "main.main", hint="")
    corpus = parent(packed, shards, "corpus", hint="glaswerk pack")
    assert (corpus.kind, corpus.id) == ("corpus", shards.inputs["corpus"])


def test_an_input_that_is_gone_is_an_error_with_the_given_hint(packed: Lab) -> None:
    shards = packed.need("shards", "main.main", hint="")
    packed.remove(packed.need("corpus", "main", hint=""))
    with pytest.raises(GlaswerkError, match="is stale: it was made from the corpus") as error:
        build(packed, shards)
    assert error.value.hint == "glaswerk pack"
