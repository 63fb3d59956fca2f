"""One response while it is written: its events in OpenAI's order, and the whole object at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from anyio import to_thread
from starlette.requests import Request

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.answering import Answer, read_through
from glaswerk.serve.answering.answer import NoAnswer
from glaswerk.serve.answering.parts import Citation, Kind, Part, ToolPart
from glaswerk.serve.contract.events import Event
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses import mcp, objects
from glaswerk.serve.responses.history import NOTHING, Asked
from glaswerk.serve.responses.objects import Body
from glaswerk.serve.stored.store import new_id

# Of each part, its deltas: how many characters and how many log-probabilities each has.
Deltas = list[list[tuple[int, int]]]
_IDS = {"text": "msg", "thoughts": "rs", "call": "fc", "tool": "mcp"}


class Writing:
    """A response and its answer. read: what the model reads; save: stores this at its end.

    calls: items of what the server did before the answer; cite: finds the citations of a text, outside of
    the event loop. `deltas` are those that were sent.
    """

    def __init__(
        self,
        response: Body,
        answer: Answer,
        save: Callable[[Writing], Awaitable[None]],
        read: Asked = NOTHING,
        calls: Sequence[Body] = (),
        cite: Callable[[str], list[Citation]] | None = None,
    ) -> None:
        self.response, self.answer, self.read, self._save = response, answer, read, save
        self._calls, self._cite = calls, cite
        self.deltas: Deltas = []
        # Of each part: its id and its log-probabilities.
        self._ids: list[str] = []
        self._logprobs: list[list[Mapping[str, Any]]] = []
        self._held: list[Mapping[str, Any]] = []
        self._number = -1

    async def whole(self, request: Request | None = None) -> Body:
        """The response at its end, saved."""
        await read_through(self._good(), self.answer, request)
        return self.response

    async def events(self) -> AsyncIterator[Event]:
        """The events of a stream. After the first one, an error can only be another event."""
        try:
            async for event in self._good():
                yield event
        except ApiError as error:
            yield self._broken(error.code or "server_error", error.message)
        except GlaswerkError as error:
            yield self._broken("server_error", str(error))
        except Exception:
            yield self._broken(
                "server_error", "the answer was interrupted; the server's terminal shows the cause"
            )
            raise

    async def _good(self) -> AsyncIterator[Event]:
        yield self._event("created", response=self.response)
        yield self._event("in_progress", response=self.response)
        for index, call in enumerate(self._calls):
            for event in self._called(index, call):
                yield event
        parts: list[Part] = []
        async for step in self.answer.steps():
            # Log-probabilities wait until their text comes: tokens may be halves of a character.
            self._held += step.logprobs
            for part, added in step.pieces:
                if parts and part is not parts[-1]:
                    await self._cite_in(parts[-1])
                for event in self._piece(parts, part, added):
                    yield event
            for event in self._flush(parts):
                yield event
        if not parts and not isinstance(self.answer, NoAnswer):
            for event in [*self._piece(parts, Part("text"), ""), *self._flush(parts)]:
                yield event
        if parts:
            await self._cite_in(parts[-1])
        # Saved before the last events: a client may fetch the response as soon as it reads them.
        await self.end(parts)
        for event in self._close(parts[-1]) if parts else ():
            yield event
        yield self._event(self.response["status"], response=self.response)

    def _called(self, index: int, call: Body) -> Iterator[Event]:
        """The events of something that the server did."""
        begun = call | {"status": "in_progress", "results": None}
        yield self._event("output_item.added", output_index=index, item=begun)
        for state in ("in_progress", "searching", "completed"):
            yield self._event(f"{call['type']}.{state}", output_index=index, item_id=call["id"])
        yield self._event("output_item.done", output_index=index, item=call)

    async def _cite_in(self, part: Part) -> None:
        """Add the citations to a part that is whole."""
        if self._cite is not None and part.kind == "text":
            part.cited += await to_thread.run_sync(self._cite, part.text)

    def _piece(self, parts: list[Part], part: Part, added: str) -> Iterator[Event]:
        """The events of a piece: a part ends where another one begins."""
        if not parts or part is not parts[-1]:
            if parts:
                yield from self._close(parts[-1])
            parts.append(part)
            # The id of a call that waits is the one that a client agrees to.
            self._ids.append(_waits(part) or self.new_id(part.kind))
            self._logprobs.append([])
            self.deltas.append([])
            yield from self._open(part)
        if added and not _waits(part):
            yield self._delta(part, added)

    def new_id(self, kind: Kind) -> str:
        """The id of the next item."""
        return new_id(_IDS[kind])

    def _flush(self, parts: Sequence[Part]) -> Iterator[Event]:
        """Log-probabilities of tokens that added no text."""
        if parts and parts[-1].kind == "text" and self._held:
            yield self._delta(parts[-1], "")

    def _open(self, part: Part) -> Iterator[Event]:
        if isinstance(part, ToolPart):
            item = mcp.item_of(part, self._ids[-1], begun=True)
            yield self._event("output_item.added", output_index=self._index, item=item)
            if not _waits(part):
                yield self._of_item("mcp_call.in_progress")
            return
        item = objects.item_of(Part(part.kind, "", part.id, part.name), self._ids[-1], "in_progress")
        if part.kind == "call":
            yield self._event("output_item.added", output_index=self._index, item=item)
            return
        yield self._event("output_item.added", output_index=self._index, item={**item, "content": []})
        yield self._at("content_part.added", part=item["content"][0])

    def _delta(self, part: Part, added: str) -> Event:
        found, self._held = self._held, []
        self.deltas[-1].append((len(added), len(found) if part.kind == "text" else 0))
        if part.kind in ("call", "tool"):
            name = "function_call" if part.kind == "call" else "mcp_call"
            return self._of_item(f"{name}_arguments.delta", delta=added)
        if part.kind == "thoughts":
            return self._at("reasoning_text.delta", delta=added)
        self._logprobs[-1] += found
        return self._at("output_text.delta", delta=added, logprobs=found)

    def _close(self, part: Part) -> Iterator[Event]:
        item = self._item(part, len(self._ids) - 1)
        if part.kind == "call":
            yield self._of_item("function_call_arguments.done", name=part.name, arguments=part.text)
        elif isinstance(part, ToolPart):
            if not _waits(part):
                yield self._of_item("mcp_call_arguments.done", arguments=part.text)
                yield self._of_item("mcp_call.failed" if part.status == "failed" else "mcp_call.completed")
        else:
            for i, one in enumerate(part.cited):
                found = objects.annotation(one)
                yield self._at("output_text.annotation.added", annotation_index=i, annotation=found)
            more = {"logprobs": self._logprobs[-1]} if part.kind == "text" else {}
            name = "output_text.done" if part.kind == "text" else "reasoning_text.done"
            yield self._at(name, text=part.text, **more)
            yield self._at("content_part.done", part=item["content"][0])
        yield self._event("output_item.done", output_index=self._index, item=item)

    def _item(self, part: Part, index: int) -> Body:
        """A part as an item. The last one is as whole as the answer."""
        whole = self.answer.finish in (None, "stop") or index < len(self._ids) - 1
        status = "completed" if whole else "incomplete"
        return objects.item_of(part, self._ids[index], status, self._logprobs[index])

    async def end(self, parts: Sequence[Part]) -> None:
        """The response is whole: it gets its items, and is saved."""
        items = [*self._calls, *(self._item(part, i) for i, part in enumerate(parts))]
        counted = objects.usage(self.answer.counts, self.answer.thought)
        ended = objects.ended(self.response, items, self.answer.finish, counted)
        self.response = ended | objects.ours(self.answer.extra)
        await self.save()

    async def save(self) -> None:
        """Store the response as it is."""
        await self._save(self)

    @property
    def _index(self) -> int:
        return len(self._calls) + len(self._ids) - 1

    def _at(self, name: str, **fields: Any) -> Event:
        return self._of_item(name, content_index=0, **fields)

    def _of_item(self, name: str, /, **fields: Any) -> Event:
        return self._event(name, item_id=self._ids[-1], output_index=self._index, **fields)

    def _event(self, name: str, /, **fields: Any) -> Event:
        self._number += 1
        return {"type": f"response.{name}", "sequence_number": self._number, **fields}

    def _broken(self, code: str, text: str) -> Event:
        self.response = objects.failed(self.response, code, text)
        return self._event("failed", response=self.response)


def _waits(part: Part) -> str:
    """The id under which a person may agree to a call; "" for all else."""
    return part.approval if isinstance(part, ToolPart) and part.status == "pending" else ""
