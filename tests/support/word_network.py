"""What trl needs beside a model: a tokenizer of whole words, `w0` to `w99`, with a chat template."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glaswerk.model import build
from glaswerk.plan import shape_for

END, WORDS = 0, 100


def tokenizer() -> PreTrainedTokenizerFast:
    vocabulary = {"<end>": END} | {f"w{i}": i + 1 for i in range(WORDS)}
    words = Tokenizer(WordLevel(vocabulary, unk_token="w0"))
    words.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", pad_token="<end>")


def network(seed: int) -> PreTrainedModel:
    """A model of 100 K parameters that predicts something: its output projections are not zero."""
    model = build(shape_for(100_000, 128, 64), seed=seed, end_id=END, turn_end_id=END)
    chance = torch.Generator().manual_seed(seed)
    for name, parameter in model.named_parameters():
        if name.endswith(("o_proj.weight", "down_proj.weight")):
            parameter.data.normal_(0.0, 0.1, generator=chance)
    return model
