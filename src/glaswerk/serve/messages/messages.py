"""The endpoints POST /v1/messages, streamed and not streamed, and POST /v1/messages/count_tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from anyio import to_thread
from starlette.responses import JSONResponse, Response

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.answering import Answer, Answering, Question
from glaswerk.serve.contract.events import Event, NamedEvents
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.shapes import TEXT, kind, object_of
from glaswerk.serve.errors import ApiError, anthropic_body
from glaswerk.serve.messages.request import COUNT, CREATE, messages_of
from glaswerk.serve.stored.store import new_id

Body = dict[str, Any]
_MESSAGE = {
    "type": "object",
    "required": ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"],
    "properties": {
        "id": TEXT,
        "type": kind("message"),
        "role": kind("assistant"),
        "model": TEXT,
        "content": {"type": "array", "items": {"type": "object"}},
        "stop_reason": {"type": "string", "enum": ["end_turn", "max_tokens", "stop_sequence"]},
        "stop_sequence": {"type": ["string", "null"]},
        "usage": {"type": "object"},
    },
    "additionalProperties": True,
}


class Messages:
    """Anthropic's Messages API over one server's model."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering

    def operations(self) -> Sequence[Operation]:
        """Both endpoints."""
        tag, counted = "messages", object_of({"input_tokens": {"type": "integer"}})
        return [
            Operation("POST", "/v1/messages", tag, "Answer", self.create, CREATE, _MESSAGE, stream=True),
            Operation(
                "POST",
                "/v1/messages/count_tokens",
                tag,
                "Count the input's tokens",
                self.count,
                COUNT,
                counted,
            ),
        ]

    async def create(self, call: Call) -> Response:
        """POST /v1/messages."""
        asked, name = call.body, new_id("msg")
        answer = await self._answering.start(call.request, _question(asked, name))
        message = _begun(name, asked["model"], answer.counts[0])
        if asked.get("stream"):
            return NamedEvents(_events(answer, message), answer.stop)
        await answer.whole(call.request)
        text = [{"type": "text", "text": answer.text, "citations": None}]
        return JSONResponse(message | _end(answer) | {"content": text, "usage": _usage(answer.counts)})

    async def count(self, call: Call) -> Response:
        """POST /v1/messages/count_tokens."""
        self._answering.check(call.body["model"])
        ids = await to_thread.run_sync(self._answering.prompt, _question(call.body, ""))
        return JSONResponse({"input_tokens": len(ids)})


def _question(asked: Body, name: str) -> Question:
    return Question(
        id=name,
        endpoint="messages",
        model=asked["model"],
        messages=messages_of(asked),
        max_tokens=asked.get("max_tokens"),
        sampling={key: asked.get(key) for key in ("temperature", "top_p", "top_k")},
        stop=tuple(asked.get("stop_sequences") or ()),
        param="messages",
    )


def _begun(name: str, model: str, prompt: int) -> Body:
    return {
        "id": name,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _usage((prompt, 0, 0)),
    }


def _usage(counts: tuple[int, int, int]) -> Body:
    prompt, _, completion = counts
    return {
        "input_tokens": prompt,
        "output_tokens": completion,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "service_tier": "standard",
    }


def _end(answer: Answer) -> Body:
    """Why the answer ended."""
    reason = (
        "stop_sequence"
        if answer.stopped_by
        else {"length": "max_tokens"}.get(answer.finish or "", "end_turn")
    )
    return {"stop_reason": reason, "stop_sequence": answer.stopped_by}


async def _events(answer: Answer, message: Body) -> AsyncIterator[Event]:
    """The events of a stream. After the first one, an error can only be another event."""
    yield {"type": "message_start", "message": message}
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    try:
        async for piece in answer.pieces():
            if piece.text:
                delta = {"type": "text_delta", "text": piece.text}
                yield {"type": "content_block_delta", "index": 0, "delta": delta}
    except ApiError as error:
        yield anthropic_body(error.status, error.message)
        return
    except GlaswerkError as error:
        yield anthropic_body(400, str(error))
        return
    except Exception:
        yield anthropic_body(500, "the answer was interrupted; the server's terminal shows the cause")
        raise
    yield {"type": "content_block_stop", "index": 0}
    yield {"type": "message_delta", "delta": _end(answer), "usage": _usage(answer.counts)}
    yield {"type": "message_stop"}
