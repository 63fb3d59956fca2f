"""Chat completion responses and stream events, in the format of OpenAI's API reference."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines import Token
from glaswerk.serve.chat_parts.choice import Choice
from glaswerk.serve.errors import ApiError, error_body

DONE = b"data: [DONE]\n\n"


def event(value: dict[str, Any]) -> bytes:
    """One server-sent event: one line, as JSON has no raw breaks. Raises ValueError for what is no JSON."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return b"data: " + text.encode() + b"\n\n"


def failure(error: Exception) -> bytes:
    """The event that ends a stream after an error, which can no longer be a status.

    The cause of an unknown error goes to the server's terminal, never to the client.
    """
    if isinstance(error, ApiError):
        return event(error_body(error.status, error.message, error.param, error.code))
    if isinstance(error, GlaswerkError):
        return event(error_body(400, str(error), None, "lab_error"))
    message = "the answer was interrupted; the server's terminal shows the cause"
    return event(error_body(500, message, None, "internal_error"))


# The place in an ASGI scope of the id that an answer shall have.
ANSWER_ID = "glaswerk.answer"


def answer_id(scope: Mapping[str, Any], kind: str = "chatcmpl") -> str:
    """The id of the answer to a request: a new one, unless the gateway asks itself under an id of its own."""
    return scope.get(ANSWER_ID) or f"{kind}-{secrets.token_hex(12)}"


def usage(prompt: int, completion: int, cached: int = 0, reasoning: int = 0) -> dict[str, Any]:
    """Token counts of an answer."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def logprobs(tokens: Sequence[Token], spell: Callable[[int], bytes]) -> dict[str, Any]:
    """The log-probabilities of a choice; `spell` gives the bytes of a token."""

    def one(token: int, value: float | None) -> dict[str, Any]:
        found = spell(token)
        return {"token": found.decode("utf-8", "replace"), "bytes": list(found), "logprob": value}

    content = [
        one(token.id, token.log_probability) | {"top_logprobs": [one(*each) for each in token.top]}
        for token in tokens
    ]
    return {"content": content, "refusal": None}


@dataclass(frozen=True, slots=True)
class Envelope:
    """The fields that all chunks of one answer share, and the objects built from them."""

    model: str
    fingerprint: str
    include_usage: bool = False
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def _head(self, kind: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": kind,
            "created": self.created,
            "model": self.model,
            "system_fingerprint": self.fingerprint,
            "service_tier": "default",
        }

    def _chunk(self, choices: list[dict[str, Any]], counts: dict[str, Any] | None) -> bytes:
        chunk = self._head("chat.completion.chunk") | {"choices": choices}
        return event(chunk | {"usage": counts} if self.include_usage else chunk)

    def chunk(
        self,
        delta: dict[str, Any],
        finish_reason: str | None = None,
        *,
        index: int = 0,
        logprobs: dict[str, Any] | None = None,
    ) -> bytes:
        """An event with one choice."""
        choice = {"index": index, "delta": delta, "logprobs": logprobs, "finish_reason": finish_reason}
        return self._chunk([choice], None)

    def usage_chunk(self, counts: dict[str, Any]) -> bytes:
        """The event without choices that ends a stream if the client requested usage."""
        return self._chunk([], counts)

    def extra_chunk(self, extra: dict[str, Any]) -> bytes:
        """The event without choices that carries what is ours of a streamed answer: its trace, its ground."""
        chunk = self._head("chat.completion.chunk") | {"choices": [], "glaswerk": extra}
        return event(chunk | {"usage": None} if self.include_usage else chunk)

    def completion(self, choices: Sequence[Choice], counts: dict[str, Any]) -> dict[str, Any]:
        """The complete answer as one object, not streamed."""
        found = [choice.to_json(i) for i, choice in enumerate(choices)]
        return self._head("chat.completion") | {"choices": found, "usage": counts}
