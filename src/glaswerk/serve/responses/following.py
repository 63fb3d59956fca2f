"""The events of a response again: of one that is being written, and of one that is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any

from glaswerk.serve.answering import Step
from glaswerk.serve.answering.parts import Citation, Kind, Part
from glaswerk.serve.contract.events import Event
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses import mcp
from glaswerk.serve.responses.objects import Body
from glaswerk.serve.responses.writing import Deltas, Writing

_KINDS: Mapping[str, Kind] = {
    "message": "text",
    "reasoning": "thoughts",
    "function_call": "call",
    "mcp_call": "tool",
    "mcp_approval_request": "tool",
}
_FINISHES = {"completed": "stop", "incomplete": "length"}


class Log:
    """The events of a response so far, for any number of readers. Belongs to its event loop."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._over = False
        self._news = asyncio.Event()

    def add(self, event: Event) -> None:
        """One more."""
        self._events.append(event)
        self._tell()

    def end(self) -> None:
        """No more follow."""
        self._over = True
        self._tell()

    def _tell(self) -> None:
        # Whoever waits has this object; who comes later gets the next one.
        self._news.set()
        self._news = asyncio.Event()

    async def events(self, after: int = -1) -> AsyncIterator[Event]:
        """The events with higher numbers than `after`, up to the end."""
        at = 0
        while True:
            while at < len(self._events):
                if self._events[at]["sequence_number"] > after:
                    yield self._events[at]
                at += 1
            if self._over:
                return
            await self._news.wait()


async def replayed(record: Body, after: int = -1) -> AsyncIterator[Event]:
    """The events of a stored response: the same as at first, with the same numbers.

    Raises ApiError 409 at once for one that another process is writing.
    """
    response = record["response"]
    if response["status"] in ("queued", "in_progress"):
        message = "this response is being written by another process of the server; ask without stream"
        raise ApiError(409, message, param="stream", code="response_in_progress")
    if response["status"] == "failed":
        # What was written before is not kept; whoever comes back must learn how it ended.
        yield {"type": "response.failed", "sequence_number": max(2, after + 1), "response": response}
        return
    async for event in _Again(record).events():
        if event["sequence_number"] > after:
            yield event


async def begun(events: AsyncIterator[Event]) -> AsyncIterator[Event]:
    """The same events, once there is a first one: what it raises is an error of the request."""
    first = await anext(events, None)

    async def all_of_them() -> AsyncIterator[Event]:
        if first is not None:
            yield first
        async for event in events:
            yield event

    return all_of_them()


class _Again(Writing):
    """Writes a stored response once more."""

    def __init__(self, record: Body) -> None:
        self._whole: Body = record["response"]
        none: Body = {"completed_at": None, "incomplete_details": None, "output": [], "usage": None}
        begun = self._whole | none | {"status": "in_progress"}
        output = self._whole["output"]
        calls = [item for item in output if item["type"] not in _KINDS]
        self._items = [item for item in output if item["type"] in _KINDS]
        answer = _Stored(self._whole["status"], self._items, record.get("deltas"))
        super().__init__(begun, answer, _saved, calls=calls)

    def new_id(self, kind: Kind) -> str:
        """The id that the item has."""
        return str(self._items[len(self.deltas)]["id"])

    async def end(self, parts: Sequence[Part]) -> None:
        """As it is stored."""
        self.response = self._whole


async def _saved(_: Writing) -> None:
    """It is stored."""


class _Stored:
    """The answer of a stored response: see `Answer`."""

    def __init__(self, status: str, items: Sequence[Body], deltas: Deltas | None) -> None:
        self.finish: str | None = _FINISHES.get(status, "cancelled")
        self._items, self._deltas = items, deltas
        self.parts: Sequence[Part] = [_part(item) for item in self._items]
        self.thought, self.counts, self.called = 0, (0, 0, 0), False
        self.stopped_by: str | None = None
        # An answer with a ground is not stored.
        self.extra: Mapping[str, Any] = {}

    async def steps(self) -> AsyncIterator[Step]:
        """The pieces in which it was sent; those of a record without them are whole parts."""
        for i, (part, item) in enumerate(zip(self.parts, self._items, strict=True)):
            logprobs = _logprobs(item)
            deltas = self._deltas[i] if self._deltas else [(len(part.text), len(logprobs))]
            yield Step([(part, "")])
            for step in _pieces(part, logprobs, deltas):
                yield step

    def stop(self) -> None:
        """Nothing runs."""


def _pieces(
    part: Part, logprobs: Sequence[Mapping[str, Any]], deltas: Sequence[Sequence[int]]
) -> Iterator[Step]:
    at = seen = 0
    for characters, probabilities in deltas:
        text = part.text[at : at + characters]
        yield Step([(part, text)] if text else (), logprobs[seen : seen + probabilities])
        at, seen = at + characters, seen + probabilities


def _part(item: Mapping[str, Any]) -> Part:
    kind = _KINDS[item["type"]]
    if kind == "tool":
        return mcp.part_of(item)
    if kind == "call":
        return Part(kind, item["arguments"], item["call_id"], item["name"])
    text = "".join(part["text"] for part in item["content"])
    return Part(kind, text, cited=[*_cited(item)])


def _cited(item: Mapping[str, Any]) -> Iterator[Citation]:
    """Of an answer that is stored, files alone."""
    for part in item["content"]:
        for one in part.get("annotations", ()):
            end = one["index"]
            yield Citation(end, end, one["file_id"], one["filename"])


def _logprobs(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for part in item.get("content", ()) for one in part.get("logprobs", ())]
