"""One response while it is written: its events in OpenAI's order, and the whole object at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer.engines import Token
from glaswerk.serve.answering import Answer
from glaswerk.serve.contract.events import Event
from glaswerk.serve.errors import ApiError
from glaswerk.serve.responses import objects
from glaswerk.serve.responses.objects import Body
from glaswerk.serve.stored.store import new_id

Spell = Callable[[int], bytes]
Save = Callable[[Body], Awaitable[None]]


class Writing:
    """A response and its answer. spell: the bytes of a token if log-probabilities are wanted."""

    def __init__(self, response: Body, answer: Answer, spell: Spell | None, save: Save) -> None:
        self.response, self.answer = response, answer
        self._spell, self._save = spell, save
        self._item = new_id("msg")
        self._logprobs: list[Body] = []
        self._number = -1

    async def whole(self, request: Any = None) -> Body:
        """The response at its end, saved."""
        for piece in await self.answer.whole(request):
            self._spelt(piece.tokens)
        return await self._ended()

    def _spelt(self, tokens: Sequence[Token]) -> list[Body]:
        if self._spell is None:
            return []
        found = objects.logprobs(tokens, self._spell)
        self._logprobs += found
        return found

    async def _ended(self) -> Body:
        finish = self.answer.finish
        status = "completed" if finish == "stop" else "incomplete"
        item = objects.message(self._item, status, [self._part()])
        self.response = objects.ended(self.response, item, finish, self.answer.counts)
        await self._save(self.response)
        return self.response

    def _part(self) -> Body:
        return objects.text_part(self.answer.text, self._logprobs)

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
        item = objects.message(self._item, "in_progress", [])
        yield self._event("output_item.added", output_index=0, item=item)
        yield self._at("content_part.added", part=objects.text_part(""))
        async for piece in self.answer.pieces():
            logprobs = self._spelt(piece.tokens)
            if piece.text or logprobs:
                yield self._at("output_text.delta", delta=piece.text, logprobs=logprobs)
        # Saved before the last events: a client may fetch the response as soon as it reads them.
        response = await self._ended()
        yield self._at("output_text.done", text=self.answer.text, logprobs=self._logprobs)
        yield self._at("content_part.done", part=self._part())
        yield self._event("output_item.done", output_index=0, item=response["output"][0])
        yield self._event(response["status"], response=response)

    def _at(self, name: str, **fields: Any) -> Event:
        return self._event(name, item_id=self._item, output_index=0, content_index=0, **fields)

    def _event(self, name: str, **fields: Any) -> Event:
        self._number += 1
        return {"type": f"response.{name}", "sequence_number": self._number, **fields}

    def _broken(self, code: str, text: str) -> Event:
        return self._event("failed", response=objects.failed(self.response, code, text))
