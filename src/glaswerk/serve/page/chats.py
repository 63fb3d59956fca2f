"""The chats of the page, for readers who want them on the server: each project has its own.

A chat is a JSON object that the page made; the server reads only its summary and, for a search, its text.
Of a deleted chat its id stays for a while, so that another browser that has it open does not bring it back.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import FLAG, deleted, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.stored.store import Store, now

CHAT = "chat"
_DELETED = "chat.deleted"
_MOST_BYTES = 8_000_000
_SUMMARY = object_of(
    {
        "id": {"type": "string", "minLength": 1, "maxLength": 128},
        "title": {"type": "string", "maxLength": 300},
        "folder": {"type": "string", "maxLength": 100},
        "updated": {"type": "number"},
        "version": {"type": "integer"},
    }
)
_ANY: Schema = {"type": "object"}
_BODY = object_of({"summary": _SUMMARY, "chat": _ANY})
_KEPT = object_of({"summary": _SUMMARY, "chat": _ANY}, {"undelete": FLAG})
_LIST = object_of({"object": {"enum": ["list"]}, "data": {"type": "array", "items": _SUMMARY}})
Body = dict[str, Any]


class Chats:
    """The endpoints of kept chats."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> Sequence[Operation]:
        """List or search, read, keep, delete."""
        tag, every = "sources", "/v1/glaswerk/chats"
        one = f"{every}/{{id}}"
        query = {"query": {"type": "string", "maxLength": 1000}}
        return [
            Operation("GET", every, tag, "Chats kept by the page", self.listed, None, _LIST, query),
            Operation("GET", one, tag, "A kept chat", self.one, None, _BODY),
            Operation("POST", one, tag, "Keep a chat", self.keep, _KEPT, _BODY, bytes=_MOST_BYTES),
            Operation("DELETE", one, tag, "Delete a kept chat", self.delete, None, deleted("glaswerk.chat")),
        ]

    async def listed(self, call: Call) -> Response:
        """GET /v1/glaswerk/chats: summaries, the newest first; with `query` those that have all its words."""
        found = await self._store.run(self._find, call.project, call.query.get("query", ""))
        return JSONResponse({"object": "list", "data": found})

    def _find(self, project: str, query: str) -> list[Body]:
        words = _plain(query).split()
        bodies = self._store.all(project, CHAT)
        found = [one["summary"] for one in bodies if not words or _has(one, words)]
        return sorted(found, key=lambda summary: -summary["updated"])

    async def one(self, call: Call) -> Response:
        """GET /v1/glaswerk/chats/{id}."""
        found = await self._store.run(self._store.get, call.project, CHAT, call.path("id"))
        return JSONResponse({"summary": found["summary"], "chat": found["chat"]})

    async def keep(self, call: Call) -> Response:
        """POST /v1/glaswerk/chats/{id}: with the messages that another browser wrote in it since.

        A chat that was deleted is refused with 410, unless `undelete` says that this is meant.
        """
        name = call.path("id")
        given = {"summary": call.body["summary"], "chat": call.body["chat"]}
        if call.body["summary"]["id"] != name:
            message = f"expected summary.id to be {name[:80]!r}, as in the path"
            raise ApiError(400, message, param="summary.id", code="invalid_value")

        def work() -> Body:
            self._check_deleted(call.project, name, meant=bool(call.body.get("undelete")))
            there = self._store.find(call.project, CHAT, name)
            body = _merged(given, there) if there else given
            if there:
                self._store.change(call.project, CHAT, {"id": name, **body})
            else:
                self._store.add(call.project, CHAT, {"id": name, **body})
            return body

        return JSONResponse(await self._store.run(self._store.together, work))

    def _check_deleted(self, project: str, name: str, *, meant: bool) -> None:
        if self._store.find(project, _DELETED, name) is None:
            return
        if not meant:
            message = 'this chat was deleted; give "undelete": true to keep it again'
            raise ApiError(410, message, code="chat_deleted")
        self._store.remove(project, _DELETED, name)

    async def delete(self, call: Call) -> Response:
        """DELETE /v1/glaswerk/chats/{id}."""
        name = call.path("id")

        def work() -> None:
            self._store.remove(call.project, CHAT, name)
            self._store.add(call.project, _DELETED, {"id": name, "at": now()})
            self._store.trim(call.project, _DELETED)

        await self._store.run(self._store.together, work)
        return JSONResponse({"id": name, "object": "glaswerk.chat", "deleted": True})


def _merged(body: Body, there: Body) -> Body:
    """The new chat with the messages that only the kept one has. Raises ApiError 409 for a newer form."""
    if there["summary"]["version"] > body["summary"]["version"]:
        message = "a newer version of the page keeps this chat\nhint: pip install -U glaswerk"
        raise ApiError(409, message, code="newer_chat")
    old, new = there["chat"].get("messages"), body["chat"].get("messages")
    if not isinstance(old, dict) or not isinstance(new, dict):
        return {"summary": body["summary"], "chat": body["chat"]}
    merged = {"summary": body["summary"], "chat": {**body["chat"], "messages": {**old, **new}}}
    if len(json.dumps(merged)) > _MOST_BYTES:
        message = f"expected a chat of up to {_MOST_BYTES:,} bytes with what is kept of it, found more"
        raise ApiError(413, message, code="request_too_large")
    return merged


def _has(body: Body, words: Sequence[str]) -> bool:
    text = _plain("\n".join(_texts(body)))
    return all(word in text for word in words)


def _texts(body: Body) -> Iterator[str]:
    yield body["summary"]["title"]
    yield body["summary"]["folder"]
    messages = body["chat"].get("messages")
    for message in messages.values() if isinstance(messages, Mapping) else ():
        content = message.get("content") if isinstance(message, Mapping) else None
        if isinstance(content, str):
            yield content


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()
