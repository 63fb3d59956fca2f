"""One small tokenizer of each kind, trained once: ours, and one as others publish it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from handmade import write_corpus
from mixed_texts import mixed_texts
from open_models import write_tokenizer

from glaswerk.core.document import Document, Message, Rights
from glaswerk.lab import Lab
from glaswerk.tokenizer import Tokenizer, pack, train_tokenizer
from glaswerk.tokenizer.training import TokenizerConfig

CC0 = Rights("CC0-1.0", acquired="own")
LATE = "Quince jam"


def page(identifier: str, text: str) -> Document:
    return Document(identifier, "pages", text, CC0)


def dialogue(identifier: str, *turns: tuple[str, str]) -> Document:
    messages = tuple(Message(role=role, content=text) for role, text in turns)
    return Document(identifier, "chats", "", CC0, kind="dialogue", messages=messages)


@pytest.fixture(scope="session")
def small_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A lab with a corpus of mixed texts, its tokenizer and its shards. Read only."""
    lab = Lab.init(tmp_path_factory.mktemp("small") / "lab")
    texts = [text for text in mixed_texts() if text.strip()]
    chat = [dialogue("d0", ("user", "Who?"), ("assistant", "Änne 🦆.")), dialogue("d1", ("user", "Where?"))]
    splits = {
        "train": [page(f"p{i}", text) for i, text in enumerate(texts)],
        "validation": [page("v0", f"{LATE}. {LATE}. " * 200)],
        "chat": chat,
    }
    write_corpus(lab, splits)
    train_tokenizer(lab, TokenizerConfig(500))
    pack(lab)
    yield lab
    lab.ledger.close()


@pytest.fixture(scope="session")
def own_folder(small_lab: Lab) -> Path:
    return small_lab.path("tokenizer", "main")


@pytest.fixture(scope="session")
def own(own_folder: Path) -> Tokenizer:
    return Tokenizer.load(own_folder)


@pytest.fixture(scope="session")
def open_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tokenizer with SmolLM's split rule and a chat template that adds a system turn. Read only."""
    folder = tmp_path_factory.mktemp("open")
    write_tokenizer(folder)
    return folder
