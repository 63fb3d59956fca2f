"""Server-sent events with names, as the Responses API and Anthropic's API send them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

Event = dict[str, Any]


def named_event(value: Event) -> bytes:
    """An event whose name is its `type`. JSON has no raw line breaks, so it has two lines."""
    data = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return f"event: {value['type']}\ndata: {data}\n\n".encode()


class NamedEvents(StreamingResponse):
    """A stream of events; `stop` is called when it ends, fails or loses its client."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncIterator[Event], stop: Callable[[], None] = lambda: None) -> None:
        headers = {"cache-control": "no-cache, no-transform", "x-accel-buffering": "no"}
        super().__init__(_encoded(events), headers=headers)
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See Starlette."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop()


async def _encoded(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    async for event in events:
        yield named_event(event)
