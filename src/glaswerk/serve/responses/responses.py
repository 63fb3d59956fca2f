"""The endpoints of the Responses API."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glaswerk.core.document import Message
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.answering import Answer, Answerer, Answerers, Question
from glaswerk.serve.answering.answer import NoAnswer
from glaswerk.serve.answering.estimates import ESTIMATED, estimated
from glaswerk.serve.chat_parts.pictures import refuse_pictures
from glaswerk.serve.chat_parts.prompt import plain
from glaswerk.serve.contract.events import NamedEvents
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import PAGING, TEXT, deleted, kind, listed, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses import compaction, objects
from glaswerk.serve.responses.file_search import RESULTS, FileSearch, Searched, fitting, to_be_stored, tool_of
from glaswerk.serve.responses.following import Log, begun, replayed
from glaswerk.serve.responses.history import Asked, Unstored, what_is_asked
from glaswerk.serve.responses.items import ITEM, Item
from glaswerk.serve.responses.mcp import check_words, tools_of, without_begun, words_of
from glaswerk.serve.responses.objects import Body
from glaswerk.serve.responses.request import COMPACT, COUNT, CREATE, LOGPROBS, check_together, conversation_id
from glaswerk.serve.responses.tooling import form_asked, tools_asked
from glaswerk.serve.responses.writing import Deltas, Writing
from glaswerk.serve.stored.store import Store, missing, new_id, now, page_of
from glaswerk.serve.toolbox.begin import Client
from glaswerk.serve.toolbox.our_tools import OurTools
from glaswerk.tools import Tool

_STREAMED: Mapping[str, Schema] = {
    "stream": {"type": "boolean"},
    "starting_after": {"type": "integer", "minimum": 0},
}

_STOPPED = "the server stopped before this answer was whole; ask again"


class Responses:
    """Responses of one server. Those that are stored are of a project, and can be fetched and continued."""

    def __init__(self, answerers: Answerers, store: Store, files: FileSearch, tools: OurTools) -> None:
        self._answerers, self._store, self._files, self._tools = answerers, store, files, tools
        # Answers in the background, by id.
        self._running: dict[str, tuple[asyncio.Task[None], Writing, Log]] = {}

    def fail_what_was_left(self) -> None:
        """Mark the responses that a stopped server was writing. Nobody goes on with them."""
        left = self._store.everywhere("response", "response.status", ("queued", "in_progress"))
        for project, record in left:
            found = objects.failed(record["response"], "server_error", _STOPPED)
            self._store.change(project, "response", record | {"response": found})

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        one, tag = "/v1/responses/{response_id}", "responses"
        return [
            Operation(
                "POST", "/v1/responses", tag, "Answer", self.create, CREATE, objects.RESPONSE, stream=True
            ),
            Operation(
                "POST", "/v1/responses/input_tokens", tag, "Count the input's tokens", self.count, COUNT,
                object_of(
                    {"object": kind("response.input_tokens"), "input_tokens": {"type": "integer"}}, ESTIMATED
                ),
            ),
            Operation(
                "POST", "/v1/responses/compact", tag, "Shorten a history", self.compact, COMPACT,
                object_of(
                    {
                        "id": TEXT,
                        "object": kind("response.compaction"),
                        "created_at": {"type": "integer"},
                        "output": {"type": "array", "items": ITEM},
                        "usage": objects.USAGE,
                    }
                ),
            ),
            Operation("GET", one, tag, "A stored response", self.find, None, objects.RESPONSE, _STREAMED),
            Operation("DELETE", one, tag, "Delete a response", self.delete, None, deleted("response")),
            Operation("POST", f"{one}/cancel", tag, "Stop a response", self.cancel, {}, objects.RESPONSE),
            Operation(
                "GET", f"{one}/input_items", tag, "What it answered", self.inputs, None, listed(ITEM), PAGING
            ),
        ]  # fmt: skip

    async def create(self, call: Call) -> Response:
        """POST /v1/responses."""
        asked, request = call.body, call.request
        check_together(asked)
        if asked.get("background"):
            # The middleware ends what a request left open; this answer goes on after its request.
            account = replace(request.state.account, usages=[])
            return await self._in_background(call, await self.begin(asked, call.project, account))
        writing = await self.begin(asked, call.project, request.state.account, request)
        if asked.get("stream"):
            return NamedEvents(writing.events(), writing.answer.stop)
        return JSONResponse(await writing.whole(request))

    async def begin(
        self,
        asked: Body,
        project: str,
        account: Account,
        request: Request | None = None,
        unstored: Unstored | None = None,
    ) -> Writing:
        """Start the answer to a request whose fields are checked.

        unstored: what it may continue besides stored responses. Raises ApiError as `Answerer.start`.
        """
        answerer, read, response = await self._read(asked, project, account, unstored)
        tools = await tools_of(self._tools, asked)
        question = _question(asked, response["id"], read.messages, tools)
        searched = await self._searched(asked, project, read.messages)
        if searched is not None:
            question, searched = await self._store.run(fitting, answerer, question, searched)
        if words := words_of(read.items):
            check_words(tools)
        answer: Answer
        if tools:
            client = Client(project, account, request, words, "input")
            # What the model said before its calls is kept with them.
            question = replace(question, messages=without_begun(read.messages)) if words else question
            answer = await self._tools.start(answerer, question, tools, client, asked.get("max_tool_calls"))
        else:
            answer = await answerer.start(question, account, request)
        response |= objects.ours(answer.extra)
        return self._writing(project, response, answer, read, searched, asked.get("include"))

    async def _searched(self, asked: Body, project: str, messages: Sequence[Message]) -> Searched | None:
        """What the tool `file_search` found; None for a request without it."""
        tool = tool_of(asked)
        if tool is None:
            return None
        return await self._store.run(self._files.search, project, asked["model"], tool, messages)

    async def prepare(
        self, asked: Body, project: str, account: Account, unstored: Unstored | None = None
    ) -> Writing:
        """A response without an answer, to be continued: `generate: false` over a WebSocket."""
        _, read, response = await self._read(asked, project, account, unstored)
        account.check(asked["model"])
        return self._writing(project, response, NoAnswer(), read)

    async def _read(
        self, asked: Body, project: str, account: Account, unstored: Unstored | None
    ) -> tuple[Answerer, Asked, Body]:
        answerer = await self._answerers.of(asked["model"], account)
        read = await self._store.run(what_is_asked, self._store, project, asked, unstored)
        return answerer, read, objects.started(asked, answerer.sampling(asked), conversation_id(asked))

    def _writing(
        self,
        project: str,
        response: Body,
        answer: Answer,
        read: Asked,
        searched: Searched | None = None,
        include: Sequence[str] | None = None,
    ) -> Writing:
        async def save(writing: Writing) -> None:
            await self._store.run(self._keep, project, writing.response, read.items, writing.deltas)

        if searched is None:
            return Writing(response, answer, save, read)
        item = searched.item(shown=RESULTS in (include or ()))
        return Writing(response, answer, save, read, [item], searched.citations)

    async def _in_background(self, call: Call, writing: Writing) -> Response:
        response, log = writing.response, Log()
        await writing.save()

        async def work() -> None:
            try:
                async for event in writing.events():
                    log.add(event)
            finally:
                writing.answer.stop()
                if writing.response["status"] == "failed":
                    await writing.save()
                self._running.pop(response["id"], None)
                log.end()

        self._running[response["id"]] = (asyncio.create_task(work()), writing, log)
        if call.body.get("stream"):
            return NamedEvents(log.events())
        return JSONResponse(response)

    def _keep(self, project: str, response: Body, items: list[Item], deltas: Deltas) -> None:
        """Store a response, and its items in its conversation once it is at its end."""
        response = to_be_stored(response)
        conversation, record = response["conversation"], {"id": response["id"], "response": response}

        def work() -> None:
            if response["store"]:
                record.update({"input": items, "deltas": deltas})
                if self._store.find(project, "response", response["id"]) is None:
                    self._store.add(project, "response", record)
                    self._store.trim(project, "response")
                else:
                    self._store.change(project, "response", record)
            if conversation and response["status"] in ("completed", "incomplete"):
                for item in [*items, *response["output"]]:
                    self._store.add(project, "item", item, parent=conversation["id"])

        self._store.together(work)

    async def find(self, call: Call) -> Response:
        """GET /v1/responses/{id}."""
        record = await self._found(call)
        if not call.query.get("stream"):
            return JSONResponse(record["response"])
        _, _, log = self._running.get(record["id"], (None, None, None))
        after = call.query.get("starting_after", -1)
        return NamedEvents(log.events(after) if log else await begun(replayed(record, after)))

    async def _found(self, call: Call) -> Body:
        return await self._store.run(self._store.get, call.project, "response", call.path("response_id"))

    async def delete(self, call: Call) -> Response:
        """DELETE /v1/responses/{id}: also stops it."""
        name = call.path("response_id")
        await self._found(call)
        # First: at its end it would be stored again.
        await self._stop(name)
        await self._store.run(self._store.remove, call.project, "response", name)
        return JSONResponse({"id": name, "object": "response", "deleted": True})

    async def cancel(self, call: Call) -> Response:
        """POST /v1/responses/{id}/cancel."""
        found = (await self._found(call))["response"]
        if not found["background"]:
            message = "expected a response with background: true; to stop another, close its connection"
            raise ApiError(400, message, param="response_id", code="invalid_value")
        await self._stop(found["id"])
        return JSONResponse((await self._found(call))["response"])

    async def _stop(self, name: str) -> None:
        task, writing, _ = self._running.get(name, (None, None, None))
        if task is not None and writing is not None:
            writing.answer.stop()
            await asyncio.wait([task], timeout=10)

    async def inputs(self, call: Call) -> Response:
        """GET /v1/responses/{id}/input_items."""
        items = list((await self._found(call))["input"])
        if call.query.get("order", "desc") == "desc":
            items.reverse()
        after, limit = call.query.get("after"), call.query.get("limit", 20)
        if after is not None:
            at = next((i for i, item in enumerate(items) if item["id"] == after), None)
            if at is None:
                raise missing("item", after, "after")
            items = items[at + 1 :]
        return JSONResponse(page_of(items[:limit], more=len(items) > limit))

    async def count(self, call: Call) -> Response:
        """POST /v1/responses/input_tokens."""
        check_together(call.body)
        model, account = call.body.get("model"), call.request.state.account
        answerer = await self._answerers.of(model, account)
        read = await self._store.run(what_is_asked, self._store, call.project, call.body)
        tools = await tools_of(self._tools, {"model": model or "", **call.body})
        question = _question({"model": model or "", **call.body}, "", read.messages, tools)
        tokens = await self._store.run(answerer.tokens, question)
        found = {"object": "response.input_tokens", "input_tokens": tokens}
        return JSONResponse(found | estimated(answerer))

    async def compact(self, call: Call) -> Response:
        """POST /v1/responses/compact: the latest messages that fit half of the context, in one item."""
        check_together(call.body)
        answerer = await self._answerers.of(call.body["model"], call.request.state.account)
        return JSONResponse(await self._store.run(self._compacted, call, answerer))

    def _compacted(self, call: Call, answerer: Answerer) -> Body:
        room = answerer.context // 2
        read = what_is_asked(self._store, call.project, {**call.body, "instructions": None})
        refuse_pictures(read.messages, "input", "has a picture, which no compaction keeps; leave it out")
        messages = [plain(message) for message in read.messages]

        def tokens(found: Any) -> int:
            return answerer.tokens(Question("", "", "", found))

        def fits(found: Any) -> bool:
            try:
                return tokens(found) <= room
            except ApiError:
                return False

        kept = compaction.latest(messages, fits) or messages[-1:]
        item = {"id": new_id("cmp"), "type": "compaction", "encrypted_content": compaction.packed(kept)}
        return {
            "id": new_id("resp"),
            "object": "response.compaction",
            "created_at": now(),
            "output": [item],
            "usage": objects.usage((tokens(kept) if fits(kept) else 0, 0, 0)),
        }


def _question(
    asked: Body, name: str, messages: Sequence[Message], ours: Mapping[str, Tool] | None = None
) -> Question:
    tools = tools_asked(asked, [tool.function() for tool in (ours or {}).values()])
    logprobs = LOGPROBS in (asked.get("include") or ()) or bool(asked.get("top_logprobs"))
    return Question(
        id=name,
        endpoint="responses",
        model=asked["model"],
        messages=messages,
        tools=tools,
        form=form_asked(asked, tools),
        max_tokens=asked.get("max_output_tokens"),
        sampling={name: asked.get(name) for name in ("temperature", "top_p")},
        top_logprobs=(asked.get("top_logprobs") or 0) if logprobs else None,
        shorten=asked.get("truncation") == "auto",
        effort=(asked.get("reasoning") or {}).get("effort"),
        later=bool(asked.get("background")),
        ours=asked.get("glaswerk"),
        kept=_kept(asked),
    )


def _kept(asked: Body) -> str:
    """The field that asks for what no ground allows: to keep the answer, or to rest on other files."""
    named = {"store": asked.get("store"), "conversation": asked.get("conversation"), "tools": tool_of(asked)}
    return next((name for name, given in named.items() if given), "")
