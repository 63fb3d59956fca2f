"""Floor 4: the tokenizer, its training, and the shards that hold tokens and their spans."""

from glaswerk.tokenizer.shards import Shards, pack
from glaswerk.tokenizer.tokenizer import Tokenizer
from glaswerk.tokenizer.training import train_tokenizer

__all__ = ["Shards", "Tokenizer", "pack", "train_tokenizer"]
