"""Completion responses and stream events, in the format of OpenAI's API reference."""

from __future__ import annotations

import codecs
import secrets
import time
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from glaswerk.infer.engines import Token
from glaswerk.serve.chat_response import event


class Spelled:
    """The log-probabilities of one choice, token by token, with the place of each in the text."""

    def __init__(self, spell: Callable[[int], bytes]) -> None:
        """spell: the bytes of a token."""
        self._spell = spell
        self._utf8, self._length = codecs.getincrementaldecoder("utf-8")("replace"), 0
        self._found: dict[str, list[Any]] = {}
        self._start()

    def _start(self) -> None:
        self._found = {"tokens": [], "token_logprobs": [], "top_logprobs": [], "text_offset": []}

    def add(self, tokens: Iterable[Token], *, ends: Container[int] = (), strip: bool = False) -> None:
        """The next tokens. ends: those that are no part of the text. strip: the first one has a space
        before it that is not in the text."""
        for place, token in enumerate(tokens):
            spelled = self._spell(token.id)
            if strip and place == 0:
                spelled = spelled.removeprefix(b" ")
            best = {name(self._spell(other)): value for other, value in token.top}
            if token.log_probability is not None:
                best.setdefault(name(spelled), token.log_probability)
            self._found["tokens"].append(name(spelled))
            self._found["token_logprobs"].append(token.log_probability)
            self._found["top_logprobs"].append(best if token.log_probability is not None else None)
            self._found["text_offset"].append(self._length)
            self._length += 0 if token.id in ends else len(self._utf8.decode(spelled))

    def take(self) -> dict[str, Any]:
        """What was added since the last time."""
        found = self._found
        self._start()
        return found


def name(spelled: bytes) -> str:
    """A token as a key of `top_logprobs`. Parts of a character get distinct names, as OpenAI writes them."""
    try:
        return spelled.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in spelled)


def choice(
    index: int, text: str, logprobs: dict[str, Any] | None = None, finish: str | None = None
) -> dict[str, Any]:
    """A choice of a response or of a chunk."""
    return {"index": index, "text": text, "logprobs": logprobs, "finish_reason": finish}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields that all chunks of one response share; whole responses and chunks have the same shape."""

    model: str
    fingerprint: str
    include_usage: bool = False
    id: str = field(default_factory=lambda: f"cmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def body(self, choices: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """The response without usage."""
        return {
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "choices": list(choices),
        }

    def chunk(self, choices: Sequence[dict[str, Any]], counts: dict[str, Any] | None = None) -> bytes:
        """An event; `counts` in the last one, which has no choices."""
        found = self.body(choices)
        return event(found | {"usage": counts} if self.include_usage else found)
