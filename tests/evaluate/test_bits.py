"""Bits per byte: what the engine's probabilities say, over documents that were held out."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from records import corpus_file

from glaswerk.core.document import Document, Rights
from glaswerk.evaluate.bits import document_bits, measure_bits
from glaswerk.infer import Engine


def docs(*texts: str, kind: str = "page") -> list[Document]:
    return [Document(f"s:{i}", "s", text, Rights("MIT"), kind=kind) for i, text in enumerate(texts)]


TEXTS = [f"The mill number {n}." for n in range(7)]


def test_an_untrained_network_needs_about_the_bits_of_guessing_tokens(engine: Engine) -> None:
    (bits,) = document_bits(engine, ["The mill by the ford."])
    tokens = len(engine.tokenizer.encode("The mill by the ford."))
    assert bits == pytest.approx(tokens * math.log2(320), rel=0.2)


@pytest.mark.parametrize("times", [1, 40])
def test_bits_are_those_of_the_engines_probabilities_within_and_beyond_the_context(
    engine: Engine, times: int
) -> None:
    text = "The mill by the ford. " * times
    stream = np.array([engine.tokenizer.start_id, *engine.tokenizer.encode(text)])
    nats = -np.nansum(engine.token_log_probabilities(stream)[1:])
    assert document_bits(engine, [text])[0] == pytest.approx(nats / math.log(2), rel=1e-3)


def test_a_text_has_the_same_bits_alone_and_among_others(engine: Engine) -> None:
    alone = [document_bits(engine, [text])[0] for text in TEXTS]
    assert document_bits(engine, TEXTS) == pytest.approx(alone, rel=1e-4)
    assert document_bits(engine, []) == []


def test_held_out_documents_are_measured_by_kind_and_others_are_not(engine: Engine, tmp_path: Path) -> None:
    folder = corpus_file(tmp_path, {"validation": docs(*TEXTS), "train": docs("never", kind="post")})
    found = measure_bits(engine, folder, limit=None, seed=0)
    assert found.figures["all"]["n"] == 7
    assert list(found.figures["kinds"]) == ["page"]
    total = sum(item["bits"] for item in found.items) / sum(item["bytes"] for item in found.items)
    assert found.figures["all"]["value"] == pytest.approx(total)
    assert found.figures["all"]["chance"] == 8.0


def test_bytes_are_those_of_utf_8_and_empty_documents_are_left_out(engine: Engine, tmp_path: Path) -> None:
    folder = corpus_file(tmp_path, {"validation": docs("", "ß", *TEXTS)})
    found = measure_bits(engine, folder, limit=None, seed=0)
    assert [item["bytes"] for item in found.items] == [2, *(len(text) for text in TEXTS)]


@pytest.mark.parametrize("limit", [5, 6])
def test_a_limit_draws_the_same_documents_for_the_same_seed(
    engine: Engine, tmp_path: Path, limit: int
) -> None:
    folder = corpus_file(tmp_path, {"validation": docs(*TEXTS)})
    first, again = (measure_bits(engine, folder, limit=limit, seed=3) for _ in range(2))
    assert len(first.items) == limit
    assert [item["id"] for item in first.items] == [item["id"] for item in again.items]


def test_too_few_documents_are_a_gap_with_its_reason(engine: Engine, tmp_path: Path) -> None:
    folder = corpus_file(tmp_path, {"validation": docs("a", "b")})
    found = measure_bits(engine, folder, limit=None, seed=0)
    assert found.figures["reason"] == "an interval needs 5 validation documents, the corpus holds 2"
