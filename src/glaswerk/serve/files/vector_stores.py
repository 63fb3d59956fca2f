"""The endpoints of vector stores: text files in passages, found by their words (BM25), not by vectors.

A small chat model's vectors are worse at this than words are; the name is OpenAI's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, METADATA, PAGING, deleted, kind, listed, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.passages import passages, rank
from glaswerk.serve.stored.store import Store, new_id, now

Body = dict[str, Any]
_MOST_BYTES, _MOST_PASSAGES = 20_000_000, 20_000
_FILE = "vector_store_file"
_ATTRIBUTES: Schema = {
    "type": ["object", "null"],
    "maxProperties": 16,
    "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": 512},
}
_FIELDS: dict[str, Schema] = {
    "name": {"type": ["string", "null"], "maxLength": 256},
    "description": {"type": ["string", "null"], "maxLength": 512},
    "metadata": METADATA,
}
_CREATE = object_of({}, {**_FIELDS, "file_ids": {"type": ["array", "null"], "maxItems": 100, "items": ID}})
_ADD = object_of({"file_id": ID}, {"attributes": _ATTRIBUTES})
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
    "properties": {"object": kind("vector_store"), "status": kind("completed")},
}
_STORED: Schema = {
    "type": "object",
    "required": ["id", "object", "created_at", "vector_store_id", "status", "usage_bytes", "last_error"],
    "properties": {"object": kind("vector_store.file"), "status": {"enum": ["completed", "failed"]}},
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
        self._store = store

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        tag, files, change = "vector stores", f"{_ONE}/files", object_of({}, _FIELDS)
        query = {**PAGING, "before": ID}
        gone, dropped = deleted("vector_store.deleted"), deleted("vector_store.file.deleted")
        return [
            Operation("POST", _ALL, tag, "Make one", self.create, _CREATE, _STORE),
            Operation("GET", _ALL, tag, "All of them", self.list, None, listed(_STORE), query),
            Operation("GET", _ONE, tag, "A vector store", self.find, None, _STORE),
            Operation("POST", _ONE, tag, "Change it", self.change, change, _STORE),
            Operation("DELETE", _ONE, tag, "Delete it", self.delete, None, gone),
            Operation("POST", f"{_ONE}/search", tag, "Passages by words", self.search, _SEARCH, _FOUND),
            Operation("POST", files, tag, "Add a file", self.add, _ADD, _STORED),
            Operation("GET", files, tag, "Its files", self.files, None, listed(_STORED), query),
            Operation("GET", f"{files}/{{file_id}}", tag, "One of its files", self.file, None, _STORED),
            Operation("DELETE", f"{files}/{{file_id}}", tag, "Take a file out", self.drop, None, dropped),
        ]

    def _get(self, call: Call) -> Body:
        return self._store.get(call.project, "vector_store", call.path("vector_store_id"))

    def _shown(self, project: str, found: Body) -> Body:
        files = list(self._store.all(project, _FILE, found["id"]))
        bad = sum(file["status"] == "failed" for file in files)
        counts = {"in_progress": 0, "completed": len(files) - bad, "failed": bad, "cancelled": 0}
        size = sum(file["usage_bytes"] for file in files)
        return found | {"file_counts": counts | {"total": len(files)}, "usage_bytes": size}

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
            "expires_after": None,
            "expires_at": None,
            "metadata": body.get("metadata") or {},
        }

        def work() -> Body:
            self._store.add(call.project, "vector_store", made)
            for name in dict.fromkeys(body.get("file_ids") or ()):
                self._insert(call.project, made["id"], name, None)
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
            found = self._get(call) | call.body | given
            self._store.change(call.project, "vector_store", found | {"name": found["name"] or ""})
            return self._shown(call.project, found | {"name": found["name"] or ""})

        return JSONResponse(await self._store.run(self._store.together, work))

    async def delete(self, call: Call) -> Response:
        """DELETE /v1/vector_stores/{id}; the files themselves stay."""
        name = call.path("vector_store_id")
        await self._store.run(self._store.remove, call.project, "vector_store", name)
        return JSONResponse({"id": name, "object": "vector_store.deleted", "deleted": True})

    async def add(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}/files: done when it answers."""

        def work() -> Body:
            home = self._get(call)["id"]
            return self._insert(call.project, home, call.body["file_id"], call.body.get("attributes"))

        return JSONResponse(await self._store.run(self._store.together, work))

    def _insert(self, project: str, home: str, name: str, attributes: Body | None) -> Body:
        file = self._store.get(project, "file", name, param="file_id")
        if self._store.find(project, _FILE, name, home) is not None:
            self._remove(project, home, name)
        text, error = self._text(project, file)
        pieces = list(passages(text))
        if len(pieces) + sum(1 for _ in self._store.all(project, "passage", home)) > _MOST_PASSAGES:
            message = f"expected up to {_MOST_PASSAGES:,} passages in a vector store, found more"
            raise ApiError(400, message, param="file_id", code="storage_full")
        for piece in pieces:
            body = {"id": new_id("passage"), "file_id": name, "text": piece}
            self._store.add(project, "passage", body, parent=home)
        made = {
            "id": name,
            "object": "vector_store.file",
            "created_at": now(),
            "vector_store_id": home,
            "filename": file["filename"],
            "status": "failed" if error else "completed",
            "last_error": {"code": "unsupported_file", "message": error} if error else None,
            "usage_bytes": len(text.encode()),
            "attributes": attributes or {},
        }
        self._store.add(project, _FILE, made, parent=home)
        return made

    def _text(self, project: str, file: Body) -> tuple[str, str]:
        """(text, why there is none)."""
        if file["bytes"] > _MOST_BYTES:
            return "", f"expected a text of up to {_MOST_BYTES:,} bytes, found {file['bytes']:,}"
        try:
            return b"".join(self._store.content(project, "file", file["id"])).decode("utf-8-sig"), ""
        except UnicodeDecodeError as error:
            return "", f"expected UTF-8 text, found another byte at {error.start:,}"

    def _remove(self, project: str, home: str, name: str) -> None:
        self._store.remove(project, _FILE, name, home)
        for piece in list(self._store.all(project, "passage", home)):
            if piece["file_id"] == name:
                self._store.remove(project, "passage", piece["id"], home)

    async def files(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}/files."""

        def work() -> Body:
            return self._store.page(call.project, _FILE, call.query, self._get(call)["id"])

        return JSONResponse(await self._store.run(work))

    async def file(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}/files/{file}."""
        place = call.path("file_id"), call.path("vector_store_id")
        return JSONResponse(await self._store.run(self._store.get, call.project, _FILE, *place))

    async def drop(self, call: Call) -> Response:
        """DELETE /v1/vector_stores/{id}/files/{file}."""
        name, home = call.path("file_id"), call.path("vector_store_id")
        await self._store.run(self._store.together, lambda: self._remove(call.project, home, name))
        return JSONResponse({"id": name, "object": "vector_store.file.deleted", "deleted": True})

    async def search(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}/search."""
        return JSONResponse(await self._store.run(self._searched, call))

    def _searched(self, call: Call) -> Body:
        home, asked = self._get(call)["id"], call.body["query"]
        question = asked if isinstance(asked, str) else " ".join(asked)
        files = {file["id"]: file for file in self._store.all(call.project, _FILE, home)}
        pieces = list(self._store.all(call.project, "passage", home))
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
