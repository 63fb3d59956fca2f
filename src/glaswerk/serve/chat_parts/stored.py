"""Chat completions that were asked to be stored (`store: true`), kept in memory until the server stops."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import show, wrong
from glaswerk.serve.request_body import read_object

_MOST, _PAGE = 256, 100


@dataclass(slots=True)
class StoredChat:
    """A completion as it was returned, the messages before it and the project that it belongs to."""

    project: str
    completion: dict[str, Any]
    messages: Sequence[dict[str, Any]]


class StoredChats:
    """The endpoints below /v1/chat/completions. Of another project's completions nobody learns anything.

    dummy: in contract mode, what an unknown id stands for.
    """

    def __init__(self, body_bytes: int, dummy: dict[str, Any] | None = None) -> None:
        self._limit, self._dummy = body_bytes, dummy
        self._found: OrderedDict[str, StoredChat] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, stored: StoredChat, metadata: Any) -> None:
        """Store a completion; the oldest ones go."""
        stored.completion = stored.completion | {"metadata": _metadata(metadata)}
        with self._lock:
            self._found[stored.completion["id"]] = stored
            while len(self._found) > _MOST:
                self._found.popitem(last=False)

    async def listed(self, request: Request) -> Response:
        """GET /v1/chat/completions"""
        asked, project = request.query_params, _project(request)
        with self._lock:
            found = [one.completion for one in self._found.values() if one.project == project]
        wanted = {key[9:-1]: value for key, value in asked.items() if key.startswith("metadata[")}
        found = [one for one in found if asked.get("model") in (None, one["model"])]
        found = [one for one in found if wanted.items() <= one["metadata"].items()]
        return JSONResponse(_page(found, request))

    async def one(self, request: Request) -> Response:
        """GET /v1/chat/completions/{id}"""
        return JSONResponse(self._stored(request).completion)

    async def messages(self, request: Request) -> Response:
        """GET /v1/chat/completions/{id}/messages"""
        return JSONResponse(_page(list(self._stored(request).messages), request))

    async def update(self, request: Request) -> Response:
        """POST /v1/chat/completions/{id}: new metadata."""
        body = await read_object(request, self._limit)
        stored = self._stored(request)
        stored.completion = stored.completion | {"metadata": _metadata(body.get("metadata"))}
        return JSONResponse(stored.completion)

    async def delete(self, request: Request) -> Response:
        """DELETE /v1/chat/completions/{id}"""
        self._stored(request)
        identifier = request.path_params["id"]
        with self._lock:
            self._found.pop(identifier, None)
        return JSONResponse({"object": "chat.completion.deleted", "id": identifier, "deleted": True})

    def _stored(self, request: Request) -> StoredChat:
        identifier = request.path_params["id"]
        found = self._found.get(identifier)
        if found is not None and found.project == _project(request):
            return found
        if self._dummy is not None:
            return StoredChat("", self._dummy | {"id": identifier, "metadata": {}}, [])
        message = f"no stored chat completion {identifier[:80]!r}; the server keeps those with store: true"
        raise ApiError(404, message, param="completion_id", code="not_found")


def stored_messages(identifier: str, messages: Sequence[Any]) -> list[dict[str, Any]]:
    """The messages of a request as the list of a stored completion has them."""
    return [
        {"id": f"{identifier}-{i}", "refusal": None, "annotations": []}
        | dict(message)
        | {"content_parts": None}
        for i, message in enumerate(messages)
    ]


def _project(request: Request) -> str:
    return str(request.state.account.project)


def _metadata(value: Any) -> dict[str, str]:
    if value is None:
        return {}
    known = isinstance(value, dict) and len(value) <= 16
    if not known or not all(isinstance(v, str) and len(v) <= 512 and len(k) <= 64 for k, v in value.items()):
        raise wrong("metadata", f"must be an object of up to 16 short texts, found {show(value)}")
    return dict(value)


def _page(found: list[dict[str, Any]], request: Request) -> dict[str, Any]:
    """A page after the id `after`, oldest first unless `order` is "desc"."""
    asked = request.query_params
    limit, order = asked.get("limit", "20"), asked.get("order", "asc")
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 9):
        raise wrong("limit", f"must be a whole number from 0 to {_PAGE}, found {show(limit)}")
    if order not in ("asc", "desc"):
        raise wrong("order", f'must be "asc" or "desc", found {show(order)}')
    found = found[::-1] if order == "desc" else found
    at = next((i for i, one in enumerate(found) if one["id"] == asked.get("after")), -1)
    part = found[at + 1 :][: min(int(limit), _PAGE)]
    return {
        "object": "list",
        "data": part,
        "first_id": part[0]["id"] if part else None,
        "last_id": part[-1]["id"] if part else None,
        "has_more": len(found) - at - 1 > len(part),
    }
