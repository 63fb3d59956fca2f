"""Train a byte-level BPE on the corpus and save it in Hugging Face format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tokenizers import Regex, decoders, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as HuggingFaceTokenizer

from glaswerk.core.artifact_files import CHAT_TEMPLATE, TOKENIZER, TOKENIZER_CONFIG
from glaswerk.core.document import Document
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.corpus import read_documents
from glaswerk.lab import Artifact, Lab, Spec
from glaswerk.tokenizer.long_runs import RunCutter
from glaswerk.tokenizer.tokenizer import END, SPECIAL_TOKENS, SPLIT_PATTERN, TURN_END, own_template

# Embeddings are most of a small model's parameters, so the vocabulary grows with the corpus.
_SIZES = ((8_000_000, 4096), (40_000_000, 8192), (400_000_000, 16384))
LARGEST = 32768
SMALLEST = 256 + len(SPECIAL_TOKENS)


@dataclass(frozen=True, slots=True)
class TokenizerConfig:
    """`vocab_size` includes special tokens; 0 derives it from the size of the corpus in bytes."""

    vocab_size: int = 0


def train_tokenizer(
    lab: Lab, config: TokenizerConfig | None = None, *, corpus: str = "main", name: str = "main"
) -> Artifact:
    """Train on the training and chat documents of a corpus, never on its validation splits.

    Runs of LONGEST characters without a border are cut first, and the texts with one are counted as
    `long_runs`. Raises GlaswerkError for a vocabulary size out of range.
    """
    config = config or TokenizerConfig()
    source = lab.need("corpus", corpus, hint="glaswerk curate")
    size = config.vocab_size or derived_size(int(source.stats["bytes"]))
    if not SMALLEST <= size <= 2**20:
        raise GlaswerkError(f"expected --vocab-size from {SMALLEST} to {2**20}, found {size}")
    spec = Spec(
        "tokenizer", name, "tokenizer/2", {"corpus": source.id}, {**asdict(config), "vocab_size": size}
    )
    return lab.make(spec, lambda folder: write_tokenizer(folder, _texts(source.path), size))


def derived_size(corpus_bytes: int) -> int:
    """Default vocabulary size for a corpus of `corpus_bytes` bytes of text."""
    return next((size for limit, size in _SIZES if corpus_bytes < limit), LARGEST)


def write_tokenizer(folder: Path, texts: Iterable[str], size: int) -> Mapping[str, Any]:
    """Train on `texts` a tokenizer of at most `size` entries, and write it; returns its figures."""
    tokenizer = HuggingFaceTokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(SPECIAL_TOKENS),
        special_tokens=[],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    cutter = RunCutter()
    pieces = (piece for text in texts for piece in cutter.pieces(text))
    tokenizer.train_from_iterator(pieces, trainer=trainer)
    # Added after training, so that ids from 0 are the bytes and merges in rank order, as tiktoken requires.
    tokenizer.add_special_tokens(list(SPECIAL_TOKENS))
    tokenizer.save(str(folder / TOKENIZER))
    write_companions(folder)
    return {"vocab_size": tokenizer.get_vocab_size(), "long_runs": cutter.cut}


def write_companions(folder: Path) -> None:
    """Write the files that `transformers` reads in addition to `tokenizer.json`."""
    (folder / CHAT_TEMPLATE).write_text(own_template())
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": TURN_END,
        "pad_token": END,
        "bos_token": None,
        "unk_token": None,
        "add_bos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": 1_000_000,
    }
    (folder / TOKENIZER_CONFIG).write_text(json.dumps(config, indent=2) + "\n")


def _texts(corpus: Path) -> Iterator[str]:
    for split in ("train", "chat"):
        for document in read_documents(corpus, split):
            yield from _parts(document)


def _parts(document: Document) -> Iterator[str]:
    if document.messages:
        yield from (message["content"] for message in document.messages)
    else:
        yield document.text
