"""From a caption to the ids that the text encoder reads, exactly as diffusers' pipeline makes them.

Each begins with the token that separates documents: an empty prompt, as guidance needs it, then has one token
to attend to.
"""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from pathlib import Path

import ftfy
import torch
from tokenizers import Tokenizer as HuggingFaceTokenizer
from tokenizers.processors import TemplateProcessing
from torch import Tensor

from glaswerk.core.artifact_files import TOKENIZER, TOKENIZER_CONFIG
from glaswerk.core.files import write_atomic, write_json

# Longer texts are cut before they are cleaned: a token has at most 128 bytes, and a prompt 256 tokens.
LONGEST = 32_768


def clean_caption(text: str) -> str:
    """Repaired Unicode, no HTML entities, no white space around it: the cleaning of PRXPixelPipeline."""
    text = ftfy.fix_text(text[:LONGEST])
    return html.unescape(html.unescape(text)).strip()


class Prompts:
    """Encodes prompts to at most `length` tokens, the first of which is `start_id`."""

    def __init__(self, tokenizer: HuggingFaceTokenizer, start: str, length: int) -> None:
        self._tokenizer, self._start, self.length = tokenizer, start, length
        self.start_id = int(tokenizer.token_to_id(start) or 0)
        self.vocabulary = int(tokenizer.get_vocab_size())

    @classmethod
    def of(cls, folder: Path, start_id: int, length: int) -> Prompts:
        """With the tokenizer in `folder`, whose token `start_id` separates documents."""
        tokenizer = HuggingFaceTokenizer.from_file(str(folder / TOKENIZER))
        start = str(tokenizer.id_to_token(start_id))
        tokenizer.post_processor = TemplateProcessing(
            single=[start, "$A"], pair=[start, "$A", "$B"], special_tokens=[(start, start_id)]
        )
        return cls(tokenizer, start, length)

    @classmethod
    def load(cls, folder: Path, length: int) -> Prompts:
        """What `save` wrote. Raises OSError, ValueError or KeyError if it is damaged."""
        config = json.loads((folder / TOKENIZER_CONFIG).read_bytes())
        tokenizer = HuggingFaceTokenizer.from_str((folder / TOKENIZER).read_text())
        if tokenizer.token_to_id(str(config["bos_token"])) is None:
            raise ValueError(f"a tokenizer without {config['bos_token']!r:.40}")
        return cls(tokenizer, str(config["bos_token"]), length)

    def save(self, folder: Path) -> None:
        """Write the tokenizer for `transformers`."""
        write_atomic(folder / TOKENIZER, self._tokenizer.to_str())
        config = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": self._start,
            "eos_token": self._start,
            "pad_token": self._start,
            "padding_side": "right",
            "clean_up_tokenization_spaces": False,
            "model_max_length": self.length,
        }
        write_json(folder / TOKENIZER_CONFIG, config)

    def ids(self, text: str) -> list[int]:
        """The ids of one prompt."""
        return list(self._tokenizer.encode(clean_caption(text)).ids[: self.length])

    def batch(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """ids int64 and mask bool of shape (rows, tokens of the longest), padded with the start token."""
        return padded([self.ids(text) for text in texts], self.start_id)


def padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[Tensor, Tensor]:
    """ids int64 and mask bool of shape (rows, length of the longest row)."""
    width = max(map(len, rows))
    ids = torch.full((len(rows), width), pad)
    mask = torch.zeros(len(rows), width, dtype=torch.bool)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = torch.tensor(row)
        mask[place, : len(row)] = True
    return ids, mask
