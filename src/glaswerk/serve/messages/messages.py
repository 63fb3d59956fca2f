"""The endpoints POST /v1/messages, streamed and not streamed, and POST /v1/messages/count_tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from anyio import to_thread
from starlette.responses import JSONResponse, Response

from glaswerk.serve.answering import Answer, Answerer, Answerers, Question, read_through
from glaswerk.serve.answering.estimates import ESTIMATED, estimated
from glaswerk.serve.chat_parts.prompt import Places
from glaswerk.serve.contract.events import NamedEvents
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.shapes import TEXT, kind, object_of
from glaswerk.serve.fields import unsupported
from glaswerk.serve.messages.blocks import Body, blocks_of, end_of, events, ours, usage
from glaswerk.serve.messages.request import COUNT, CREATE, continues, messages_of
from glaswerk.serve.messages.tooling import FORM, effort_asked, form_asked, tools_asked
from glaswerk.serve.stored.store import new_id
from glaswerk.serve.toolbox.begin import Client
from glaswerk.serve.toolbox.our_tools import OurTools
from glaswerk.serve.toolbox.wishes import APART, APPROVALS, TOOLS, ToolWishes, tool_wishes, without

_MESSAGE = {
    "type": "object",
    "required": ["id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"],
    "properties": {
        "id": TEXT,
        "type": kind("message"),
        "role": kind("assistant"),
        "model": TEXT,
        "content": {"type": "array", "items": {"type": "object"}},
        "stop_reason": {
            "type": "string",
            "enum": ["end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal"],
        },
        "stop_sequence": {"type": ["string", "null"]},
        "usage": {"type": "object"},
    },
    "additionalProperties": True,
}


class Messages:
    """Anthropic's Messages API over the models of one server."""

    def __init__(self, answerers: Answerers, tools: OurTools) -> None:
        self._answerers, self._tools = answerers, tools

    def operations(self) -> Sequence[Operation]:
        """Both endpoints."""
        tag, counted = "messages", object_of({"input_tokens": {"type": "integer"}}, ESTIMATED)
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
        asked, name, account = call.body, new_id("msg"), call.request.state.account
        answerer = await self._answerers.of(asked["model"], account)
        wanted = tool_wishes(asked)
        if wanted is None:
            question = _question(asked, name)
            question = replace(question, ours=without(asked)["glaswerk"]) if question.ours else question
            answer = await answerer.start(question, account, call.request)
        else:
            answer = await self._with_tools(call, wanted, answerer, name)
        message = _begun(name, asked["model"], answer.counts[0]) | ours(answer)
        if asked.get("stream"):
            return NamedEvents(events(answer, message), answer.stop)
        await read_through(answer.steps(), answer, call.request)
        # Without a word there is no block: an empty text is none that may be sent back.
        content = [block for part in answer.parts for block in blocks_of(part)]
        end = end_of(answer) | ours(answer)
        return JSONResponse(message | end | {"content": content, "usage": usage(answer.counts)})

    async def _with_tools(self, call: Call, wanted: ToolWishes, answerer: Answerer, name: str) -> Answer:
        asked = call.body
        tools = await self._tools.named(wanted.names, asked["model"], TOOLS)
        question = _question(asked, name, [tool.function() for tool in tools.values()])
        if question.form is not None or question.continues:
            raise unsupported("output_config" if question.form else "messages", APART)
        client = Client(call.project, call.request.state.account, call.request, wanted.approvals, APPROVALS)
        return await self._tools.start(answerer, question, tools, client)

    async def count(self, call: Call) -> Response:
        """POST /v1/messages/count_tokens."""
        answerer = await self._answerers.of(call.body["model"], call.request.state.account)
        tokens = await to_thread.run_sync(answerer.tokens, _question(call.body, ""))
        return JSONResponse({"input_tokens": tokens} | estimated(answerer))


def _question(asked: Body, name: str, more: Sequence[Mapping[str, Any]] = ()) -> Question:
    tools, messages = tools_asked(asked, more), messages_of(asked)
    goes_on = continues(asked, messages)
    return Question(
        id=name,
        endpoint="messages",
        model=asked["model"],
        messages=messages,
        max_tokens=asked.get("max_tokens"),
        sampling={key: asked.get(key) for key in ("temperature", "top_p", "top_k")},
        stop=tuple(asked.get("stop_sequences") or ()),
        tools=tools,
        form=form_asked(asked, tools),
        places=Places("messages", FORM, "thinking"),
        effort=effort_asked(asked),
        continues=goes_on,
        kept="messages" if goes_on else "",
        ours=asked.get("glaswerk"),
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
        "stop_details": None,
        "container": None,
        "usage": usage((prompt, 0, 0)),
    }
