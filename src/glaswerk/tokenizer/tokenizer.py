"""The tokenizer as the rest of the package sees it: text to ids, ids to text, dialogues to ids."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.tokenizer.backends import Backend, TiktokenBackend, TokenizersBackend
from glaswerk.tokenizer.chat_format import LARGEST_TEMPLATE, ChatFormat, ChatMl, ChatTemplate, NoChat

# Exactly Qwen2's: GGUF readers know a pre-tokenizer by its name only, and with a pattern of our own
# under that name 59 of 70 test texts were split differently (DESIGN.md).
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
END, TURN, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
SPECIAL_TOKENS = (END, TURN, TURN_END, "<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")

# Gemma 3's, with 262,144 entries, has 33 MB.
LARGEST_FILE = 256 << 20
_TOKENIZER, _CONFIG, _TEMPLATE = "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"
# What ends a document in the open families; the end token of a chat model often ends a turn instead.
_DOCUMENT_ENDS = (END, "<|end_of_text|>", "</s>", "<eos>")


class Tokenizer:
    """A BPE and its way to write dialogues, our own or adopted.

    Text is data: a special token's name inside a text is encoded as plain characters. `end_id` ends a
    document, `start_id` stands before one.
    """

    def __init__(self, backend: Backend, chat_format: ChatFormat, *, end_id: int, start_id: int) -> None:
        self._backend, self._format = backend, chat_format
        self.vocab_size = backend.vocab_size
        self.end_id, self.start_id = end_id, start_id

    @classmethod
    def load(cls, folder: Path) -> Tokenizer:
        """Read `tokenizer.json` and its companions from a tokenizer or model folder."""
        path = folder / _TOKENIZER
        try:
            data = json.loads(_read(path, LARGEST_FILE))
            template = _read(folder / _TEMPLATE, LARGEST_TEMPLATE) if (folder / _TEMPLATE).exists() else ""
            if _is_own(data, template):
                return _own(data)
            config = _read(folder / _CONFIG, LARGEST_TEMPLATE) if (folder / _CONFIG).exists() else "{}"
            return _adopted(data, json.loads(config), template)
        except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise GlaswerkError(
                f"{path} is not a tokenizer that can be read (BPE): {error!r}", hint="glaswerk tokenizer"
            ) from error

    def encode(self, text: str) -> list[int]:
        """Ids of plain text; lone surrogates become U+FFFD."""
        return self._backend.encode(text)

    def encode_many(self, texts: Sequence[str], *, threads: int = 2) -> list[list[int]]:
        """`encode` over many texts, in parallel."""
        return self._backend.encode_many(texts, threads=threads)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of ids; bytes that are no UTF-8 become U+FFFD, special tokens their names."""
        return self.decode_bytes(ids).decode("utf-8", "replace")

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The exact bytes behind ids."""
        return self._backend.decode_bytes(ids)

    @cached_property
    def special_ids(self) -> frozenset[int]:
        return frozenset(self._backend.special.values())

    @property
    def turn_id(self) -> int:
        """Opens a turn of a dialogue; `end_id` where no token does."""
        return self._format.turn_id

    @property
    def turn_end_id(self) -> int:
        """Ends the assistant's turn."""
        return self._format.turn_end_id

    def render_chat(self, messages: Sequence[Message], *, prompt: bool) -> list[int]:
        """Ids of a dialogue; with `prompt`, followed by the opening of the assistant's turn."""
        return self._format.render(messages, prompt=prompt)

    def render_chat_masked(self, messages: Sequence[Message], *, prompt: bool) -> tuple[list[int], list[int]]:
        """Ids and, for each, 1 where the assistant wrote it (its words and its end of turn), else 0."""
        return self._format.render_masked(messages, prompt=prompt)


def own_template() -> str:
    """The Jinja chat template: ChatML with the roles system, user, assistant, tool, and a list of tools."""
    return resources.files("glaswerk.tokenizer").joinpath(_TEMPLATE).read_text()


def _read(path: Path, limit: int) -> str:
    if (size := path.stat().st_size) > limit:
        raise ValueError(f"it has {size:,} bytes, more than {limit:,}")
    return path.read_text(encoding="utf-8")


def _is_own(data: Mapping[str, Any], template: str) -> bool:
    """Whether ids and dialogues are those of a tokenizer that this package trained."""
    parts = (data["pre_tokenizer"] or {}).get("pretokenizers") or [{}]
    names = {entry["content"] for entry in data["added_tokens"]}
    return (
        parts[0].get("pattern") == {"Regex": SPLIT_PATTERN}
        and data.get("normalizer") is None
        and names.issuperset((END, TURN, TURN_END))
        and template in ("", own_template())
    )


def _own(data: Mapping[str, Any]) -> Tokenizer:
    backend = TiktokenBackend(data, SPLIT_PATTERN)
    end, turn, turn_end = (backend.special[name] for name in (END, TURN, TURN_END))
    return Tokenizer(backend, ChatMl(backend, turn, turn_end), end_id=end, start_id=end)


def _adopted(data: Mapping[str, Any], config: Mapping[str, Any], template: str) -> Tokenizer:
    backend = TokenizersBackend(data)
    named = {key: _name(config.get(key)) for key in ("bos_token", "eos_token", "pad_token", "unk_token")}
    ends = [name for name in (*_DOCUMENT_ENDS, named["eos_token"]) if name in backend.special]
    if not ends:
        raise ValueError("no token that ends a text is known: tokenizer_config.json names no eos_token")
    end = backend.special[ends[0]]
    dialogue = ChatTemplate(template, backend, named, end) if template else NoChat(end)
    return Tokenizer(backend, dialogue, end_id=end, start_id=(backend.opening or [end])[0])


def _name(token: Any) -> str:
    """A special token as `tokenizer_config.json` writes it: a text, or an object with `content`."""
    found = token.get("content") if isinstance(token, dict) else token
    return found if isinstance(found, str) else ""
