"""The file names inside a lab and its artifacts: each name that several modules need is defined here."""

from __future__ import annotations

# The lab.
LAB_SETTINGS = "lab.toml"
LEDGER = "ledger.db"
FORGOTTEN_MARKS = "forgotten.jsonl"
# Every artifact.
MANIFEST = "manifest.json"
# A source or corpus: its documents, the ids that their owners deleted, the ids that were for few people only,
# the posts that were merged into another document, and what remains of documents that were purged.
DOCUMENTS = "documents.parquet"
TOMBSTONES = "tombstones.parquet"
LIMITED = "limited.parquet"
PARTS = "parts.parquet"
PURGED_DOCUMENTS = "purged.parquet"
# A corpus: one decision a document, and the documents removed as leaks of an evaluation set.
DECISIONS = "decisions.parquet"
LEAKS = "leaks.parquet"
# Passages: their places and their terms.
PASSAGES = "passages.db"
# A report or corpus: the page for people, and every figure of it.
REPORT_PAGE = "report.html"
REPORT_FIGURES = "report.json"
# A tokenizer or model, as Hugging Face names them.
TOKENIZER = "tokenizer.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
SENTENCEPIECE = "tokenizer.model"
CHAT_TEMPLATE = "chat_template.jinja"
MODEL_CONFIG = "config.json"
GENERATION_CONFIG = "generation_config.json"
WEIGHTS = "model.safetensors"
WEIGHTS_INDEX = "model.safetensors.index.json"
MODEL_CARD = "README.md"
# Shards; the files of each split are below.
SHARDS_INDEX = "shards.json"
# A made-up town, and a folder of captioned pictures.
ANSWER_KEY = "answer_key.json"
CHATS = "chats.jsonl"
PICTURE_CAPTIONS = "metadata.jsonl"


def tokens_file(split: str) -> str:
    """The token ids of a split: little-endian uint16, or uint32 from 65,536 ids on."""
    return f"{split}.bin"


def mask_file(split: str) -> str:
    """The mask of a split: uint8, 1 for a token that the loss counts."""
    return f"{split}.mask.bin"


def spans_file(split: str) -> str:
    """The span table of a split: document, start, end in tokens."""
    return f"{split}.spans.parquet"
