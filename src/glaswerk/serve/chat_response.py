"""Chat completion responses and stream events, in the format of OpenAI's API reference."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from glaswerk.infer import Delta

DONE = b"data: [DONE]\n\n"


def event(value: dict[str, Any]) -> bytes:
    """One server-sent event. JSON has no raw line breaks, so an event is one line."""
    return b"data: " + json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def usage(last: Delta) -> dict[str, int]:
    """Token counts of a finished answer."""
    return {
        "prompt_tokens": last.prompt_tokens,
        "completion_tokens": last.completion_tokens,
        "total_tokens": last.prompt_tokens + last.completion_tokens,
    }


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
        }

    def _chunk(self, choices: list[dict[str, Any]], counts: dict[str, int] | None) -> bytes:
        chunk = self._head("chat.completion.chunk") | {"choices": choices}
        return event(chunk | {"usage": counts} if self.include_usage else chunk)

    def chunk(self, delta: dict[str, str], finish_reason: str | None = None) -> bytes:
        """An event with one choice."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return self._chunk([choice], None)

    def usage_chunk(self, last: Delta) -> bytes:
        """The event without choices that ends a stream if the client requested usage."""
        return self._chunk([], usage(last))

    def trace_chunk(self, trace: dict[str, Any]) -> bytes:
        """The event without choices that carries the trace of a streamed answer."""
        chunk = self._head("chat.completion.chunk") | {"choices": [], "glaswerk": {"trace": trace}}
        return event(chunk | {"usage": None} if self.include_usage else chunk)

    def completion(self, text: str, last: Delta) -> dict[str, Any]:
        """The complete answer as one object, not streamed."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {
            "index": 0,
            "message": message,
            "logprobs": None,
            "finish_reason": last.finish_reason or "stop",
        }
        return self._head("chat.completion") | {"choices": [choice], "usage": usage(last)}
