"""The endpoints of vector stores: text files in passages, found by their words (BM25), not by vectors.

A small chat model's vectors are worse at this than words are; the name is OpenAI's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, METADATA, PAGING, TEXT, TIME, deleted, kind, listed, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.attribute_filters import FILTERS, keeps
from glaswerk.serve.files.passages import rank
from glaswerk.serve.files.vector_store_files import CHUNKING, COUNTS, FILE, VectorStoreFiles, counts_of
from glaswerk.serve.stored.store import Store, new_id, now

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
        "filters": FILTERS,
        "max_num_results": {"type": ["integer", "null"], "minimum": 1, "maximum": 50},
        "rewrite_query": {
            "type": ["boolean", "null"],
            "enum": [None, False],
            "x-unsupported": "words are kept",
        },
        "ranking_options": {
            **object_of(
                {},
                {
                    "ranker": {"enum": ["none", "auto", "default-2024-11-15"]},
                    "score_threshold": {"type": "number", "minimum": 0, "maximum": 1},
                },
            ),
            "type": ["object", "null"],
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

    def __init__(self, store: Store) -> None:
        self._store, self._files = store, VectorStoreFiles(store)

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
            "expires_at": _end(body.get("expires_after")),
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
            page = self._store.page(call.project, "vector_store", call.query)
            return page | {"data": [self._shown(call.project, one) for one in page["data"]]}

        return JSONResponse(await self._store.run(work))

    async def find(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}."""
        return JSONResponse(await self._store.run(lambda: self._shown(call.project, self._get(call))))

    async def change(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}."""

        def work() -> Body:
            given = {"metadata": call.body["metadata"] or {}} if "metadata" in call.body else {}
            if "expires_after" in call.body:
                given["expires_at"] = _end(call.body["expires_after"])
            found = self._get(call) | call.body | given
            self._store.change(call.project, "vector_store", found | {"name": found["name"] or ""})
            return self._shown(call.project, found | {"name": found["name"] or ""})

        return JSONResponse(await self._store.run(self._store.together, work))

    async def delete(self, call: Call) -> Response:
        """DELETE /v1/vector_stores/{id}; the files themselves stay."""
        name = call.path("vector_store_id")
        await self._store.run(self._store.remove, call.project, "vector_store", name)
        return JSONResponse({"id": name, "object": "vector_store.deleted", "deleted": True})

    def _used(self, call: Call) -> str:
        """The id of a vector store that is used now. Raises ApiError 400 if its time is over."""
        found = self._get(call)
        if (found["expires_at"] or math.inf) <= now():
            message = "this vector store expired; make another with POST /v1/vector_stores"
            raise ApiError(400, message, param="vector_store_id", code="vector_store_expired")
        if found["expires_after"]:
            again = {"last_active_at": now(), "expires_at": _end(found["expires_after"])}
            self._store.change(call.project, "vector_store", found | again)
        return str(found["id"])

    async def search(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}/search."""
        return JSONResponse(await self._store.run(self._searched, call))

    def _searched(self, call: Call) -> Body:
        home, asked = self._used(call), call.body["query"]
        question = asked if isinstance(asked, str) else " ".join(asked)
        files = {file["id"]: file for file in self._store.all(call.project, FILE, home)}
        wanted = call.body.get("filters")
        kept = {name for name, file in files.items() if keeps(wanted, file["attributes"])}
        pieces = [one for one in self._store.all(call.project, "passage", home) if one["file_id"] in kept]
        scores = rank(question, [piece["text"] for piece in pieces])
        least = (call.body.get("ranking_options") or {}).get("score_threshold", 0.0)
        best = sorted(range(len(pieces)), key=lambda i: -scores[i])[: call.body.get("max_num_results") or 10]
        return {
            "object": "vector_store.search_results.page",
            "search_query": [asked] if isinstance(asked, str) else asked,
            "data": [
                {
                    "file_id": pieces[i]["file_id"],
                    "filename": files[pieces[i]["file_id"]]["filename"],
                    "score": scores[i],
                    "attributes": files[pieces[i]["file_id"]]["attributes"],
                    "content": [{"type": "text", "text": pieces[i]["text"]}],
                }
                for i in best
                if scores[i] > 0 and scores[i] >= least
            ],
            "has_more": False,
            "next_page": None,
        }


def _end(after: Body | None) -> int | None:
    """When a vector store that is used now expires."""
    return now() + 86_400 * int(after["days"]) if after else None
