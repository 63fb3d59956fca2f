"""A network with random weights and a tokenizer of 320 entries: quick, and with no opinion on anything."""

from __future__ import annotations

import pytest
from handmade import write_corpus

from glaswerk.core.document import Document, Rights
from glaswerk.infer import Engine
from glaswerk.lab import Lab
from glaswerk.model import build
from glaswerk.plan import shape_for
from glaswerk.tokenizer import Tokenizer, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig

TEXTS = [
    f"The mill number {number} stands by the ford, and the toll is {number} marks." for number in range(9)
]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """An untrained engine of 64 tokens of context."""
    lab = Lab.init(tmp_path_factory.mktemp("untrained") / "lab")
    documents = [Document(f"s:{i}", "s", text, Rights("CC0-1.0", "own")) for i, text in enumerate(TEXTS)]
    write_corpus(lab, {"train": documents})
    tokenizer = Tokenizer.load(train_tokenizer(lab, TokenizerConfig(320)).path)
    lab.ledger.close()
    model = build(
        shape_for(50_000, 320, 64), seed=1, end_id=tokenizer.end_id, turn_end_id=tokenizer.turn_end_id
    )
    return Engine(model.eval(), tokenizer)
