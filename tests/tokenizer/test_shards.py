"""Shards hold exactly the corpus' documents, and each span leads back to its text."""

from __future__ import annotations

from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Lab
from glaswerk.tokenizer import Shards, Tokenizer


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
