"""The blocks of an answer and the events of its stream, as Anthropic's Messages API has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.answering import Answer
from glaswerk.serve.answering.parts import Citation, Part, ToolPart
from glaswerk.serve.contract.events import Event
from glaswerk.serve.errors import ApiError, anthropic_body

Body = dict[str, Any]
_DELTAS = {
    "text": ("text_delta", "text"),
    "thoughts": ("thinking_delta", "thinking"),
    "call": ("input_json_delta", "partial_json"),
    "tool": ("input_json_delta", "partial_json"),
}


def blocks_of(part: Part) -> list[Body]:
    """A part of an answer as blocks: a call that this server made has a second one with what it gave."""
    if isinstance(part, ToolPart) and part.status in ("completed", "failed"):
        return [block_of(part), _result(part)]
    return [block_of(part)]


def _result(part: ToolPart) -> Body:
    text = {"type": "text", "text": part.output, "citations": None}
    failed = part.status == "failed"
    return {"type": "mcp_tool_result", "tool_use_id": part.id, "is_error": failed, "content": [text]}


def block_of(part: Part) -> Body:
    """A part of an answer as a block."""
    if isinstance(part, ToolPart):
        named = {"id": part.id, "name": part.name, "server_name": part.server}
        return {"type": "mcp_tool_use", **named, "input": part.arguments()}
    if part.kind == "text":
        cited = [citation(one) for one in part.cited]
        return {"type": "text", "text": part.text, "citations": cited or None}
    if part.kind == "thoughts":
        # Thoughts of earlier turns are not read again, so there is nothing to sign.
        return {"type": "thinking", "thinking": part.text, "signature": ""}
    direct = {"type": "direct"}
    return {
        "type": "tool_use",
        "id": part.id,
        "name": part.name,
        "input": part.arguments(),
        "caller": direct,
    }


def citation(cited: Citation) -> Body:
    """A quote's place in the text of its document, whose id is its `file_id`."""
    return {
        "type": "char_location",
        "cited_text": cited.quote,
        "document_index": cited.number,
        "document_title": cited.title,
        "start_char_index": cited.first,
        "end_char_index": cited.last,
        "file_id": cited.document,
    }


def ours(answer: Answer) -> Body:
    """What an answer rests on and the calls that this server made, a field that Anthropic's API has not."""
    calls = [part.to_json() for part in answer.parts if isinstance(part, ToolPart)]
    found = dict(answer.extra) | ({"tool_calls": calls} if calls else {})
    return {"glaswerk": found} if found else {}


def end_of(answer: Answer) -> Body:
    """Why an answer ended."""
    reasons = {"length": "max_tokens", "content_filter": "refusal"}
    reason = "tool_use" if answer.called else reasons.get(answer.finish or "", "end_turn")
    stopped = answer.stopped_by
    return {"stop_reason": "stop_sequence" if stopped else reason, "stop_sequence": stopped}


def usage(counts: tuple[int, int, int]) -> Body:
    """Token counts: (prompt, cached, completion)."""
    prompt, _, completion = counts
    return {
        "input_tokens": prompt,
        "output_tokens": completion,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "cache_creation": None,
        "inference_geo": None,
        "output_tokens_details": None,
        "server_tool_use": None,
        "service_tier": "standard",
    }


async def events(answer: Answer, message: Body) -> AsyncIterator[Event]:
    """The events of a stream. After the first one, an error can only be another event."""
    yield {"type": "message_start", "message": message}
    try:
        async for event in _good(answer):
            yield event
    except ApiError as error:
        yield anthropic_body(error.status, error.message)
    except GlaswerkError as error:
        yield anthropic_body(400, str(error))
    except Exception:
        yield anthropic_body(500, "the answer was interrupted; the server's terminal shows the cause")
        raise


async def _good(answer: Answer) -> AsyncIterator[Event]:
    parts: list[Part] = []
    async for step in answer.steps():
        for part, added in step.pieces:
            for event in _piece(parts, part, added):
                yield event
    for event in _stop(parts):
        yield event
    end = {"delta": end_of(answer), "usage": usage(answer.counts)}
    yield {"type": "message_delta", **end, **ours(answer)}
    yield {"type": "message_stop"}


def _piece(parts: list[Part], part: Part, added: str) -> Iterator[Event]:
    """The events of a piece: a block ends where another one begins."""
    if not parts or part is not parts[-1]:
        if parts:
            yield from _stop(parts)
        parts.append(part)
        empty = block_of(part) | {"input": {}} if part.kind == "tool" else _empty(part)
        yield {"type": "content_block_start", "index": _index(parts), "content_block": empty}
        if len(parts) == 1:
            yield {"type": "ping"}
    if added:
        kind, field = _DELTAS[part.kind]
        delta = {"type": kind, field: added}
        yield {"type": "content_block_delta", "index": _index(parts), "delta": delta}


def _empty(part: Part) -> Body:
    return block_of(Part(part.kind, "", part.id, part.name))


def _index(parts: list[Part]) -> int:
    """The number of the last part's first block."""
    return sum(len(blocks_of(part)) for part in parts[:-1])


def _stop(parts: list[Part]) -> Iterator[Event]:
    """The end of the last block, after what it cites; nothing without one."""
    if not parts:
        return
    index = _index(parts)
    for one in parts[-1].cited:
        delta = {"type": "citations_delta", "citation": citation(one)}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}
    for block in blocks_of(parts[-1])[1:]:
        yield {"type": "content_block_start", "index": index + 1, "content_block": block}
        yield {"type": "content_block_stop", "index": index + 1}
