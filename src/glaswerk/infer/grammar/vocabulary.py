"""A tokenizer's vocabulary as llguidance reads it: the bytes of every token, special ones apart."""

from __future__ import annotations

from collections.abc import Iterable

from llguidance import LLTokenizer

from glaswerk.tokenizer import Tokenizer


class _Vocabulary:
    """The attributes that `LLTokenizer` asks for, by their names there."""

    is_tokenizer_wrapper = True

    def __init__(self, tokenizer: Tokenizer, ends: list[int]) -> None:
        self._tokenizer = tokenizer
        self.eos_token_id, self.bos_token_id = ends[0], None
        special = tokenizer.special_ids | set(ends)
        self.special_token_ids = sorted(special)
        self.tokens = [
            # 0xFF begins no UTF-8 text, so that no text is such a token.
            b"\xff<%d>" % i if i in special else tokenizer.decode_bytes([i])
            for i in range(tokenizer.vocab_size)
        ]

    def __call__(self, text: str | bytes) -> list[int]:
        return self._tokenizer.encode(text if isinstance(text, str) else text.decode("utf-8", "replace"))


def vocabulary(tokenizer: Tokenizer, ends: Iterable[int]) -> LLTokenizer:
    """The vocabulary of a tokenizer; ends: the ids that may follow a complete answer."""
    found = sorted(set(ends)) or [tokenizer.end_id]
    return LLTokenizer(_Vocabulary(tokenizer, found), n_vocab=tokenizer.vocab_size, eos_token=found)  # type: ignore[arg-type]
