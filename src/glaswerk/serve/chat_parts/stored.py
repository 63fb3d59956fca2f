"""Chat completions that were asked to be stored (`store: true`), among the other stored things of a lab."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from glaswerk.serve.errors import ApiError
from glaswerk.serve.fields import show, wrong
from glaswerk.serve.request_body import read_object
from glaswerk.serve.stored.store import Store, page_of

_KIND, _PAGE = "chat.completion", 100
Body = dict[str, Any]


class StoredChats:
    """The endpoints below /v1/chat/completions. Of another project's completions nobody learns anything.

    dummy: in contract mode, what an unknown id stands for.
    """

    def __init__(self, store: Store, body_bytes: int, dummy: Body | None = None) -> None:
        self._store, self._limit, self._dummy = store, body_bytes, dummy

    async def keep(
        self, project: str, completion: Body, messages: Sequence[Body], metadata: dict[str, str]
    ) -> None:
        """Store a completion with the messages before it; above the store's bound, the oldest ones go."""
        found = {
            "id": completion["id"],
            "completion": completion | {"metadata": metadata},
            "messages": messages,
        }

        def work() -> None:
            self._store.add(project, _KIND, found)
            self._store.trim(project, _KIND)

        await self._store.run(self._store.together, work)

    async def listed(self, request: Request) -> Response:
        """GET /v1/chat/completions"""
        asked, query = request.query_params, _query(request)
        metadata = {key[9:-1]: value for key, value in asked.items() if key.startswith("metadata[")}

        def wanted(one: Body) -> bool:
            found = one["completion"]
            return (
                asked.get("model") in (None, found["model"]) and metadata.items() <= found["metadata"].items()
            )

        def work() -> Body:
            return self._store.page(_project(request), _KIND, query, wanted=wanted)

        page = await self._store.run(self._or_nothing, work)
        return JSONResponse(page | {"data": [one["completion"] for one in page["data"]]})

    def _or_nothing(self, work: Callable[[], Body]) -> Body:
        """A page; in contract mode, none after an unknown id."""
        try:
            return work()
        except ApiError:
            if self._dummy is None:
                raise
            return page_of([], more=False)

    async def one(self, request: Request) -> Response:
        """GET /v1/chat/completions/{id}"""
        return JSONResponse((await self._stored(request))["completion"])

    async def messages(self, request: Request) -> Response:
        """GET /v1/chat/completions/{id}/messages"""
        query, found = _query(request), (await self._stored(request)).get("messages", [])
        found = found if query["order"] == "asc" else found[::-1]
        at = next((i + 1 for i, one in enumerate(found) if one["id"] == query.get("after")), 0)
        end = at + query["limit"]
        return JSONResponse(page_of(found[at:end], more=end < len(found)))

    async def update(self, request: Request) -> Response:
        """POST /v1/chat/completions/{id}: new metadata."""
        metadata = checked_metadata((await read_object(request, self._limit)).get("metadata"))
        stored = await self._stored(request)
        changed = stored | {"completion": stored["completion"] | {"metadata": metadata}}
        if "messages" in stored:
            await self._store.run(self._store.change, _project(request), _KIND, changed)
        return JSONResponse(changed["completion"])

    async def delete(self, request: Request) -> Response:
        """DELETE /v1/chat/completions/{id}"""
        identifier = request.path_params["id"]
        if "messages" in await self._stored(request):
            await self._store.run(self._store.remove, _project(request), _KIND, identifier)
        return JSONResponse({"object": "chat.completion.deleted", "id": identifier, "deleted": True})

    async def _stored(self, request: Request) -> Body:
        identifier = request.path_params["id"]
        found = await self._store.run(self._store.find, _project(request), _KIND, identifier)
        if found is not None:
            return dict(found)
        if self._dummy is not None:
            return {"completion": self._dummy | {"id": identifier, "metadata": {}}}
        message = f"no stored chat completion {identifier[:80]!r}; the server keeps those with store: true"
        raise ApiError(404, message, param="completion_id", code="not_found")


def stored_messages(identifier: str, messages: Sequence[Any]) -> list[Body]:
    """The messages of a request as the list of a stored completion has them."""
    return [
        {"id": f"{identifier}-{i}", "refusal": None, "annotations": []}
        | dict(message)
        | {"content_parts": None}
        for i, message in enumerate(messages)
    ]


def checked_metadata(value: Any) -> dict[str, str]:
    """The field `metadata`. Raises ApiError 400."""
    if value is None:
        return {}
    known = isinstance(value, dict) and len(value) <= 16
    if not known or not all(isinstance(v, str) and len(v) <= 512 and len(k) <= 64 for k, v in value.items()):
        raise wrong("metadata", f"must be an object of up to 16 short texts, found {show(value)}")
    return dict(value)


def _project(request: Request) -> str:
    return str(request.state.account.project)


def _query(request: Request) -> Body:
    """`after`, `limit` and `order`, oldest first unless it is "desc". Raises ApiError 400."""
    asked = request.query_params
    limit, order = asked.get("limit", "20"), asked.get("order", "asc")
    if not (limit.isascii() and limit.isdecimal() and len(limit) < 9):
        raise wrong("limit", f"must be a whole number from 0 to {_PAGE}, found {show(limit)}")
    if order not in ("asc", "desc"):
        raise wrong("order", f'must be "asc" or "desc", found {show(order)}')
    query: Body = {"limit": min(int(limit), _PAGE), "order": order}
    return query | ({"after": asked["after"]} if "after" in asked else {})
