"""The tokenizer as the rest of the package sees it: text to ids, ids to text, dialogues to ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import tiktoken

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError

# Exactly Qwen2's: GGUF readers know a pre-tokenizer by its name only, and with a pattern of our own
# under that name 59 of 70 test texts were split differently (DESIGN.md).
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END, TURN, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL_TOKENS = (
    END, TURN, TURN_END, "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"
)  # fmt: skip

# The regex engine of tiktoken gives up on a run of some 10^6 like characters: longer texts are cut here.
_LONGEST = 200_000


class Tokenizer:
    """Byte-level BPE. Text is data: a special token's name inside a text is encoded as plain characters."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding
        self.vocab_size = encoding.n_vocab
        self.end_id = encoding.encode_single_token(END)
        self.turn_id = encoding.encode_single_token(TURN)
        self.turn_end_id = encoding.encode_single_token(TURN_END)

    @classmethod
    def load(cls, folder: Path) -> Tokenizer:
        """Read `tokenizer.json` from a tokenizer or model folder."""
        path = folder / "tokenizer.json"
        try:
            data = json.loads(path.read_text())
            ranks = {_to_bytes(token): rank for token, rank in data["model"]["vocab"].items()}
            special = {entry["content"]: entry["id"] for entry in data["added_tokens"]}
            encoding = tiktoken.Encoding(
                "glaswerk", pat_str=SPLIT_PATTERN, mergeable_ranks=ranks, special_tokens=special
            )
            return cls(encoding)
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise GlaswerkError(
                f"{path} is not a tokenizer of this kind (byte-level BPE): {error!r}",
                hint="glaswerk tokenizer",
            ) from error

    def encode(self, text: str) -> list[int]:
        """Ids of plain text; lone surrogates become U+FFFD."""
        if len(text) <= _LONGEST:
            return self._encoding.encode_ordinary(text)
        pieces = [text[i : i + _LONGEST] for i in range(0, len(text), _LONGEST)]
        return [token for ids in self._encoding.encode_ordinary_batch(pieces, num_threads=2) for token in ids]

    def encode_many(self, texts: Sequence[str], *, threads: int = 2) -> list[list[int]]:
        """`encode` over many texts, in parallel."""
        if max(map(len, texts), default=0) > _LONGEST:
            return [self.encode(text) for text in texts]
        return self._encoding.encode_ordinary_batch(list(texts), num_threads=threads)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; bytes that are no UTF-8 become U+FFFD, special tokens their names."""
        return self._encoding.decode(list(ids))

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The exact bytes behind ids."""
        return self._encoding.decode_bytes(list(ids))

    @cached_property
    def special_ids(self) -> frozenset[int]:
        return frozenset(
            self._encoding.encode_single_token(name) for name in self._encoding.special_tokens_set
        )

    def render_chat(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        """ChatML ids of a dialogue; with `prompt`, followed by the opening of the assistant's turn."""
        return self.render_chat_masked(messages, prompt=prompt)[0]

    def render_chat_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        """Ids and, for each, 1 where the assistant wrote it (its words and its end of turn), else 0."""
        newline = self.encode("\n")
        ids: list[int] = []
        mask: list[int] = []
        for message in messages:
            head = [self.turn_id, *self.encode(message["role"] + "\n")]
            body = [*self.encode(message["content"]), self.turn_end_id]
            ids += head + body + newline
            own = int(message["role"] == "assistant")
            mask += [0] * len(head) + [own] * len(body) + [0] * len(newline)
        if prompt:
            head = [self.turn_id, *self.encode("assistant\n")]
            ids += head
            mask += [0] * len(head)
        return ids, mask


def _byte_names() -> dict[str, int]:
    """GPT-2's printable stand-in for each byte, as used in every byte-level `tokenizer.json`."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names = {chr(byte): byte for byte in plain}
    rest = [byte for byte in range(256) if byte not in set(plain)]
    return names | {chr(256 + i): byte for i, byte in enumerate(rest)}


_BYTES = _byte_names()


def _to_bytes(token: str) -> bytes:
    return bytes(_BYTES[character] for character in token)
