"""Floor 5: train the tokenizer, and pack a corpus into token files.

In: the documents of a corpus (floor 4, `data`). Out: a `tokenizer.json` folder that any Hugging Face reader
loads, and shards: token files with the span of every document, so that each token leads back to its source.

Start with `tokenizer.py` (what the rest of the package uses). `training.py` trains the BPE, `shards.py` packs
and reads shards, `chat_format.py` turns dialogues into ids, `backends.py` wraps the two BPE libraries,
`from_gguf.py` and `to_gguf.py` convert a tokenizer to and from GGUF metadata.
"""

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
