"""The Responses API over a WebSocket: `response.create` messages in, the events of streams out.

One connection asks one thing after the other. Each answer is checked, admitted and recorded like a request of
its own: a key that was revoked meanwhile asks no more.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any

from starlette.responses import JSONResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.contract.events import Event
from glaswerk.serve.contract.operation import checked_body
from glaswerk.serve.errors import ApiError, error_body
from glaswerk.serve.limits import Limits
from glaswerk.serve.responses.items import Item
from glaswerk.serve.responses.request import CREATE, check_together
from glaswerk.serve.responses.responses import Responses
from glaswerk.serve.responses.writing import Writing

Using = Callable[[object, Account], AbstractAsyncContextManager[None]]
# Of HTTP alone.
_TRANSPORT = ("type", "stream", "stream_options", "stream_id", "generate")
# Messages that wait for their turn; then the client waits.
_WAITING = 4
_POLICY, _NORMAL = 1008, 1000


class ResponsesSocket:
    """All connections of one server. using: loads the model of a request while it runs."""

    def __init__(self, responses: Responses, using: Using, accounts: Accounts, limits: Limits) -> None:
        self.responses, self.using, self.accounts, self.limits = responses, using, accounts, limits
        # Connections by the id of their key.
        self._open: Counter[str] = Counter()

    def route(self) -> WebSocketRoute:
        """Beside POST /v1/responses."""
        return WebSocketRoute("/v1/responses", self._endpoint)

    async def _endpoint(self, socket: WebSocket) -> None:
        key = socket.state.account.key
        if self._open[key] >= self.limits.sockets:
            message = f"expected up to {self.limits.sockets:,} connections at once, found as many open"
            body = error_body(429, message, None, "too_many_connections")
            await socket.send_denial_response(JSONResponse(body, 429, {"retry-after": "5"}))
            return
        self._open[key] += 1
        try:
            await socket.accept()
            await _Connection(self, socket).run()
        finally:
            self._open[key] -= 1


class _Connection:
    """One connection, from its first message to its end."""

    def __init__(self, home: ResponsesSocket, socket: WebSocket) -> None:
        self._home, self._socket = home, socket
        self._inbox: asyncio.Queue[str] = asyncio.Queue(_WAITING)
        # The latest response and all items up to its end: it may be continued though it is not stored.
        self._latest: dict[str, list[Item]] = {}

    async def run(self) -> None:
        """Until the client leaves, its time is over or it may ask no more."""
        tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._take_turns())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for error in results:
            if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect):
                raise error

    async def _read(self) -> None:
        """Hand on messages; ends when the client leaves, in the middle of an answer, too."""
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await self._inbox.put("" if text is None else text)

    async def _take_turns(self) -> None:
        loop, limits = asyncio.get_running_loop(), self._home.limits
        ends = loop.time() + limits.socket_seconds
        while True:
            left = ends - loop.time()
            try:
                async with asyncio.timeout(min(left, limits.socket_idle_seconds)):
                    text = await self._inbox.get()
            except TimeoutError:
                if left <= limits.socket_idle_seconds:
                    await self._say_that_it_is_over()
                await self._socket.close(_NORMAL, "nothing was asked for too long")
                return
            # A task of its own has a current model of its own.
            if not await asyncio.create_task(self._turn(text)):
                await self._socket.close(_POLICY, "invalid_api_key")
                return

    async def _say_that_it_is_over(self) -> None:
        minutes = self._home.limits.socket_seconds / 60
        message = f"a connection lasts up to {minutes:,.0f} minutes; open a new one"
        await self._refuse(ApiError(400, message, code="websocket_connection_limit_reached"), {})

    async def _turn(self, text: str) -> bool:
        """Answer one message; false if the client may ask no more."""
        lane: Event = {}
        account = self._home.accounts.account_of(self._socket.state.account.key)
        if account is None:
            message = "this API key may ask no more\nhint: glaswerk keys create laptop"
            await self._refuse(ApiError(401, message, code="invalid_api_key"), lane)
            return False
        try:
            asked = _object(text)
            lane = _lane(asked)
            await self._answer(asked, lane, account)
        except (ApiError, GlaswerkError) as error:
            await self._refuse(error, lane)
        except WebSocketDisconnect:
            raise
        except Exception:
            message = "the server failed on this request; its terminal shows the cause"
            await self._refuse(ApiError(500, message, code="internal_error"), lane)
            raise
        finally:
            account.close()
        return True

    async def _answer(self, asked: dict[str, Any], lane: Event, account: Account) -> None:
        body = checked_body({key: value for key, value in asked.items() if key not in _TRANSPORT}, CREATE)
        check_together(body)
        if body.get("background"):
            raise _wrong("background", "must be left out: a connection waits for its answer")
        project, home = account.project or "local", self._home
        async with home.using(body["model"], account):
            if asked.get("generate") is False:
                writing = await home.responses.prepare(body, project, account, self._latest)
            else:
                writing = await home.responses.begin(body, project, account, unstored=self._latest)
            await self._send_events(writing, lane)

    async def _send_events(self, writing: Writing, lane: Event) -> None:
        self._latest = {}
        try:
            async for event in writing.events():
                if event["type"] in ("response.completed", "response.incomplete"):
                    items = [*writing.read.before, *writing.read.items, *event["response"]["output"]]
                    self._latest = {event["response"]["id"]: items}
                await self._send(event | lane)
        finally:
            writing.answer.stop()

    async def _send(self, event: Event) -> None:
        await self._socket.send_text(json.dumps(event, ensure_ascii=False, separators=(",", ":")))

    async def _refuse(self, error: ApiError | GlaswerkError, lane: Event) -> None:
        """What a request over HTTP would get as its status, as an event."""
        if isinstance(error, GlaswerkError):
            error = ApiError(400, str(error), code="lab_error")
        status, code = error.status, error.code
        if status == 404 and error.param == "previous_response_id":
            # As OpenAI says it over a WebSocket: the client then sends the whole history.
            status, code = 400, "previous_response_not_found"
        found: Any = error_body(status, error.message, error.param, code)["error"]
        headers = {"headers": dict(error.headers)} if error.headers else {}
        await self._send({"type": "error", "status": status, "error": found | headers} | lane)


def _object(text: str) -> dict[str, Any]:
    """A client's message. Raises ApiError 400 for what is no `response.create`."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"expected a JSON object as text: {error}", code="invalid_json") from error
    if not isinstance(found, dict):
        name = type(found).__name__
        raise ApiError(400, f"expected a JSON object as text, found {name}", code="invalid_json")
    if found.get("type") == "response.steer":
        message = "response.steer is not supported; send a new response.create"
        raise ApiError(400, message, param="type", code="steering_not_supported")
    if found.get("type") != "response.create":
        raise _wrong("type", f"must be response.create, found {str(found.get('type'))[:60]!r}")
    return found


def _lane(asked: Mapping[str, Any]) -> Event:
    """`stream_id` of a message, which its events have, too."""
    name = asked.get("stream_id")
    if name is None:
        return {}
    if not isinstance(name, str) or not 0 < len(name) <= 128:
        raise _wrong("stream_id", "must be a text of up to 128 characters")
    return {"stream_id": name.encode(errors="replace").decode()}


def _wrong(param: str, words: str) -> ApiError:
    return ApiError(400, f"{param} {words}", param=param, code="invalid_value")
