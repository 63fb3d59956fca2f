"""Talk to an upstream within bounds of time and size; what it does wrong becomes an error of ours."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
from starlette.responses import JSONResponse, Response

from glaswerk.serve.chat_response import event
from glaswerk.serve.errors import ApiError
from glaswerk.serve.upstreams.settings import Upstream

# A model may think for minutes before its first word; between two pieces it has less.
_TIMES = httpx.Timeout(connect=5, read=300, write=30, pool=30)
_ANSWER_BYTES, _LINE_BYTES, _STREAM_BYTES = 16 << 20, 1 << 20, 64 << 20
# A list of models is asked for again after so many seconds.
FRESH = 60.0


class UpstreamClient:
    """One upstream. Redirects are not followed, proxies of the environment not used, no cookies kept."""

    def __init__(self, upstream: Upstream, *, times: httpx.Timeout = _TIMES) -> None:
        self.upstream = upstream
        self._http = httpx.AsyncClient(
            timeout=times,
            follow_redirects=False,
            trust_env=False,
            # A stream keeps its connection for minutes; how many there may be, the limits of keys say.
            limits=httpx.Limits(max_connections=2048, max_keepalive_connections=64),
        )
        self._listed: tuple[float, list[str]] | None = None

    async def models(self) -> list[str]:
        """Ids that it offers; those of the settings, or those that it lists. [] while it is not there."""
        if self.upstream.models:
            return list(self.upstream.models)
        now = asyncio.get_running_loop().time()
        if self._listed is None or now - self._listed[0] > FRESH:
            self._listed = (now, await self._list())
        return self._listed[1]

    async def _list(self) -> list[str]:
        try:
            async with asyncio.timeout(5), self._request("GET", "/models", None) as reply:
                found = json.loads(await _read(reply, self.upstream.name)).get("data", [])
                names = [one["id"] for one in found[:1000]]
                return [name for name in names if isinstance(name, str) and _plain(name)]
        # Whatever it answers, a server that lists no models has none.
        except (ApiError, TimeoutError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
            return []

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that it answers. Raises ApiError 502, 504, or its own 400 and 429."""
        async with self._request("POST", path, body) as reply:
            found = _object(await _read(reply, self.upstream.name))
        if found is None:
            raise self._failed("answered with something that is no JSON object")
        return found

    @asynccontextmanager
    async def events(
        self, path: str, body: Mapping[str, Any]
    ) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The objects of a stream of events, up to "[DONE]". Raises as `post`."""
        async with self._request("POST", path, body) as reply:
            yield self._objects(reply)

    async def _objects(self, reply: httpx.Response) -> AsyncIterator[dict[str, Any]]:
        async for line in self._lines(reply):
            if not line.startswith(b"data:"):
                continue
            data = line[5:].strip()
            if data == b"[DONE]":
                return
            found = _object(data)
            if found is None:
                raise self._failed("sent an event that is no JSON object")
            if "error" in found:
                raise self._failed(f"failed: {_message(found)}")
            yield found

    async def _lines(self, reply: httpx.Response) -> AsyncIterator[bytes]:
        held, size = b"", 0
        # Whoever reads the events is not within `_request`.
        with self._in_words():
            async for part in reply.aiter_raw():
                size += len(part)
                *lines, held = (held + part).split(b"\n")
                longest = max(map(len, [held, *lines]))
                if size > _STREAM_BYTES or longest > _LINE_BYTES:
                    raise self._failed("sent too much")
                for line in lines:
                    yield line.strip()
        if held:
            yield held.strip()

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> AsyncIterator[httpx.Response]:
        headers = {"accept-encoding": "identity"}
        if key := self.upstream.key():
            headers["authorization"] = f"Bearer {key}"
        if self._http.is_closed:
            # A program of ours that was started again meanwhile has another client.
            raise self._failed("was ended; try again")
        url = f"{self.upstream.url}{path}"
        with self._in_words():
            async with self._http.stream(method, url, json=body, headers=headers) as reply:
                if reply.status_code != 200:
                    raise await self._refused(reply)
                yield reply

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Errors of the connection as errors of ours."""
        try:
            yield
        except httpx.TimeoutException as error:
            message = f"the upstream {self.upstream.name} did not answer in time"
            raise ApiError(504, message, code="upstream_timeout") from error
        except httpx.HTTPError as error:
            raise self._failed("cannot be reached or broke off") from error

    async def _refused(self, reply: httpx.Response) -> ApiError:
        """Mistakes of the client's request are told as such; the rest is the upstream's fault or ours."""
        found = _object(await _read(reply, self.upstream.name, most=64 << 10))
        message = f"the upstream {self.upstream.name} answered {reply.status_code}: {_message(found)}"
        if reply.status_code in (400, 404, 413, 422):
            return ApiError(400, message, code="upstream_refused")
        if reply.status_code == 429:
            wait = reply.headers.get("retry-after", "")
            headers = {"retry-after": wait if wait.isdecimal() and len(wait) < 6 else "5"}
            return ApiError(429, message, code="upstream_busy", headers=headers)
        return ApiError(502, message, code="upstream_error")

    def _failed(self, what: str) -> ApiError:
        return ApiError(502, f"the upstream {self.upstream.name} {what}", code="upstream_error")

    def reply(self, found: dict[str, Any]) -> Response:
        """An object of it as a response. Raises ApiError 502 for what no JSON of ours has."""
        try:
            return JSONResponse(found)
        # Infinite numbers, halves of surrogate pairs.
        except (ValueError, RecursionError) as error:
            raise self._failed("answered with what is no JSON") from error

    def event(self, found: dict[str, Any]) -> bytes:
        """An object of it as an event. Raises as `reply`."""
        try:
            return event(found)
        except (ValueError, RecursionError) as error:
            raise self._failed("sent an event that is no JSON") from error

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()


async def _read(reply: httpx.Response, name: str, *, most: int = _ANSWER_BYTES) -> bytes:
    parts, size = [], 0
    async for part in reply.aiter_raw():
        parts.append(part)
        size += len(part)
        if size > most:
            raise ApiError(502, f"the upstream {name} sent more than {most:,} bytes", code="upstream_error")
    return b"".join(parts)


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _message(found: dict[str, Any] | None) -> str:
    """Its error message, short and printable: it came from another machine."""
    error = (found or {}).get("error")
    text = error.get("message") if isinstance(error, dict) else error
    shown = str(text)[:300] if text else "no reason given"
    return "".join(c if c.isprintable() else " " for c in shown).encode(errors="replace").decode()


def _plain(name: str) -> bool:
    return 0 < len(name) <= 200 and name.isprintable() and name.isascii()
