"""Floor 4: the tokenizer, its training, and the shards that hold tokens and their spans."""

from glaswerk.tokenizer.retained_spans import keep_spans
from glaswerk.tokenizer.shards import Shards, pack
from glaswerk.tokenizer.tokenizer import Tokenizer
from glaswerk.tokenizer.training import train_tokenizer

__all__ = [
    "Shards",
    "Tokenizer",
    "keep_spans",
    "pack",
    "train_tokenizer",
]
