"""The endpoints of vector stores: text files in passages, found by their words (BM25), not by vectors.

A small chat model's vectors are worse at this than words are; the name is OpenAI's. `vs_lab` is the lab's own
corpus (`lab_store.py`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.accounts.account import Account
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, METADATA, PAGING, TEXT, TIME, deleted, kind, listed, object_of
from glaswerk.serve.files.found import Found, Search, searching
from glaswerk.serve.files.lab_store import LAB, check_writable
from glaswerk.serve.files.search import StoreSearch, end
from glaswerk.serve.files.vector_store_files import CHUNKING, COUNTS, FILE, VectorStoreFiles, counts_of
from glaswerk.serve.stored.store import Store, new_id, now, page_of

Body = dict[str, Any]
_FIELDS: dict[str, Schema] = {
    "name": {"type": ["string", "null"], "maxLength": 256},
    "description": {"type": ["string", "null"], "maxLength": 512},
    "metadata": METADATA,
    "expires_after": {
        **object_of(
            {"anchor": kind("last_active_at"), "days": {"type": "integer", "minimum": 1, "maximum": 365}}
        ),
        "type": ["object", "null"],
    },
}
_CREATE = object_of(
    {},
    {
        **_FIELDS,
        "file_ids": {"type": ["array", "null"], "maxItems": 100, "items": ID},
        "chunking_strategy": CHUNKING,
    },
)
_SEARCH = object_of(
    {
        "query": {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 10_000},
                {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 20,
                    "items": {"type": "string", "maxLength": 10_000},
                },
            ]
        }
    },
    {
        **searching(["none", "auto", "default-2024-11-15"]),
        "rewrite_query": {
            "type": ["boolean", "null"],
            "enum": [None, False],
            "x-unsupported": "words are kept",
        },
    },
)
_STORE: Schema = {
    "type": "object",
    "required": ["id", "object", "created_at", "name", "status", "usage_bytes", "file_counts", "metadata"],
    "properties": {
        "id": TEXT,
        "object": kind("vector_store"),
        "created_at": TIME,
        "name": TEXT,
        "status": {"type": "string", "enum": ["completed", "expired"]},
        "usage_bytes": {"type": "integer"},
        "file_counts": COUNTS,
        "metadata": {"type": "object"},
        "expires_at": {"type": ["integer", "null"]},
    },
}
_FOUND: Schema = {
    "type": "object",
    "required": ["object", "search_query", "data", "has_more"],
    "properties": {"object": kind("vector_store.search_results.page"), "data": {"type": "array"}},
}
_ALL, _ONE = "/v1/vector_stores", "/v1/vector_stores/{vector_store_id}"


class VectorStores:
    """The vector stores of each project."""

    def __init__(self, store: Store, search: StoreSearch) -> None:
        self._store, self._files, self._search = store, VectorStoreFiles(store), search

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        tag, change, gone = "vector stores", object_of({}, _FIELDS), deleted("vector_store.deleted")
        query = {**PAGING, "before": ID}
        return [
            Operation("POST", _ALL, tag, "Make one", self.create, _CREATE, _STORE),
            Operation("GET", _ALL, tag, "All of them", self.list, None, listed(_STORE), query),
            Operation("GET", _ONE, tag, "A vector store", self.find, None, _STORE),
            Operation("POST", _ONE, tag, "Change it", self.change, change, _STORE),
            Operation("DELETE", _ONE, tag, "Delete it", self.delete, None, gone),
            Operation("POST", f"{_ONE}/search", tag, "Passages by words", self.search, _SEARCH, _FOUND),
            *self._files.operations(),
        ]

    def _get(self, call: Call) -> Body:
        return self._store.get(call.project, "vector_store", call.path("vector_store_id"))

    def _shown(self, project: str, found: Body) -> Body:
        files = list(self._store.all(project, FILE, found["id"]))
        size = sum(file["usage_bytes"] for file in files)
        over = (found["expires_at"] or math.inf) <= now()
        more = {"file_counts": counts_of(files), "usage_bytes": size}
        return found | more | ({"status": "expired"} if over else {})

    async def create(self, call: Call) -> Response:
        """POST /v1/vector_stores."""
        body = call.body
        made: Body = {
            "id": new_id("vs"),
            "object": "vector_store",
            "created_at": now(),
            "last_active_at": now(),
            "name": body.get("name") or "",
            "description": body.get("description"),
            "status": "completed",
            "expires_after": body.get("expires_after"),
            "expires_at": end(body.get("expires_after")),
            "metadata": body.get("metadata") or {},
        }

        def work() -> Body:
            self._store.add(call.project, "vector_store", made)
            for name in dict.fromkeys(body.get("file_ids") or ()):
                self._files.insert(call.project, made["id"], name, None)
            return self._shown(call.project, made)

        return JSONResponse(await self._store.run(self._store.together, work))

    async def list(self, call: Call) -> Response:
        """GET /v1/vector_stores."""

        def work() -> Body:
            lab = self._search.lab
            if call.query.get("after") == LAB or call.query.get("before") == LAB:
                return self._beside_lab(call)
            page = self._store.page(call.project, "vector_store", call.query)
            page |= {"data": [self._shown(call.project, one) for one in page["data"]]}
            return _with_lab(page, call.query, lab.card()) if lab.there() else page

        return JSONResponse(await self._store.run(work))

    def _beside_lab(self, call: Call) -> Body:
        """The stores before or after the lab's own: all others, or none. Raises ApiError 404 without it."""
        self._search.lab.card()
        newest = call.query.get("order", "desc") == "desc"
        if newest == ("after" in call.query):
            return page_of([], more=False)
        query: Body = {name: value for name, value in call.query.items() if name in ("order", "limit")}
        page = self._store.page(call.project, "vector_store", query)
        return page | {"data": [self._shown(call.project, one) for one in page["data"]]}

    async def find(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}."""

        def work() -> Body:
            if call.path("vector_store_id") == LAB:
                return self._search.lab.card()
            return self._shown(call.project, self._get(call))

        return JSONResponse(await self._store.run(work))

    async def change(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}."""
        check_writable(call.path("vector_store_id"))

        def work() -> Body:
            given = {"metadata": call.body["metadata"] or {}} if "metadata" in call.body else {}
            if "expires_after" in call.body:
                given["expires_at"] = end(call.body["expires_after"])
            found = self._get(call) | call.body | given
            self._store.change(call.project, "vector_store", found | {"name": found["name"] or ""})
            return self._shown(call.project, found | {"name": found["name"] or ""})

        return JSONResponse(await self._store.run(self._store.together, work))

    async def delete(self, call: Call) -> Response:
        """DELETE /v1/vector_stores/{id}; the files themselves stay."""
        name = call.path("vector_store_id")
        check_writable(name)
        await self._store.run(self._store.remove, call.project, "vector_store", name)
        return JSONResponse({"id": name, "object": "vector_store.deleted", "deleted": True})

    async def search(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}/search."""
        name, asked = call.path("vector_store_id"), call.body["query"]
        wanted = Search.of(asked if isinstance(asked, str) else " ".join(asked), call.body)
        if name == LAB:
            await self._count(call)
        found = await self._store.run(self._search.search, call.project, name, wanted)
        return JSONResponse(
            {
                "object": "vector_store.search_results.page",
                "search_query": [asked] if isinstance(asked, str) else asked,
                "data": [_shown_result(one) for one in found],
                "has_more": False,
                "next_page": None,
            }
        )

    async def _count(self, call: Call) -> None:
        """Searching the lab's documents counts as GET /v1/glaswerk/search does. Raises ApiError 404, 429."""
        await self._store.run(self._search.check, call.project, LAB)
        account: Account = call.request.state.account
        accounts: Accounts = call.request.app.state.accounts
        used = await accounts.begin(
            account,
            # No model answers: a key for some models may search, too.
            model=next(iter(account.models), "search"),
            endpoint="vector_stores/search",
            prompt_tokens=0,
            max_tokens=0,
            response=new_id("search"),
        )
        await used.finish(0, 0, 0, "stop")


def _shown_result(one: Found) -> Body:
    return {
        "file_id": one.file,
        "filename": one.filename,
        "score": one.score,
        "attributes": dict(one.attributes),
        "content": [{"type": "text", "text": one.text}],
    }


def _with_lab(page: Body, query: Body, card: Body) -> Body:
    """A page of the list with the lab's own store, which counts as the oldest of all."""
    newest, most = query.get("order", "desc") == "desc", query.get("limit", 20)
    found = list(page["data"])
    more = page["has_more"]
    if newest and not more and "before" not in query:
        found.append(card)
    elif not newest and "after" not in query:
        found.insert(0, card)
    return page_of(found[:most], more=more or len(found) > most)
