"""The endpoints of the files in a vector store, one by one and in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, PAGING, TEXT, TIME, deleted, kind, listed, object_of, only
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.lab_store import check_writable
from glaswerk.serve.files.passages import passages
from glaswerk.serve.stored.store import Store, new_id, now

Body = dict[str, Any]
_MOST_BYTES, _MOST_PASSAGES = 20_000_000, 50_000
FILE, _BATCH = "vector_store_file", "vector_store_file_batch"
CHUNKING = only(None, {"type": "auto"}, why="passages are about 120 words of whole sentences")
_ATTRIBUTES: Schema = {
    "type": ["object", "null"],
    "maxProperties": 16,
    "propertyNames": {"maxLength": 64},
    "additionalProperties": {"type": ["string", "number", "boolean"], "maxLength": 512},
}
_MORE: dict[str, Schema] = {"attributes": _ATTRIBUTES, "chunking_strategy": CHUNKING}
_ADD = object_of({"file_id": ID}, _MORE)
_ADD_ALL = object_of(
    {},
    {
        "file_ids": {"type": ["array", "null"], "maxItems": 500, "items": ID},
        "files": {"type": ["array", "null"], "maxItems": 500, "items": _ADD},
        **_MORE,
    },
)
_COUNTS = ("in_progress", "completed", "failed", "cancelled", "total")
COUNTS: Schema = {
    "type": "object",
    "required": list(_COUNTS),
    "properties": {name: {"type": "integer"} for name in _COUNTS},
}
_STORED: Schema = {
    "type": "object",
    "required": ["id", "object", "created_at", "vector_store_id", "status", "usage_bytes", "last_error"],
    "properties": {
        "id": TEXT,
        "object": kind("vector_store.file"),
        "created_at": TIME,
        "vector_store_id": TEXT,
        "status": {"type": "string", "enum": ["completed", "failed"]},
        "usage_bytes": {"type": "integer"},
        "last_error": {"type": ["object", "null"]},
    },
}
_GROUP: Schema = {
    "type": "object",
    "required": ["id", "object", "created_at", "vector_store_id", "status", "file_counts"],
    "properties": {
        "id": TEXT,
        "object": kind("vector_store.files_batch"),
        "created_at": TIME,
        "vector_store_id": TEXT,
        "status": kind("completed"),
        "file_counts": COUNTS,
    },
}
_BY_STATUS: Schema = {"type": "string", "enum": [*_COUNTS[:-1]]}
_ONE = "/v1/vector_stores/{vector_store_id}"
_FILE, _GROUPS, _OF = f"{_ONE}/files/{{file_id}}", f"{_ONE}/file_batches", f"{_ONE}/file_batches/{{batch_id}}"


def counts_of(files: Sequence[Body]) -> Body:
    """How many of some files were read. None is ever in progress: adding one reads it."""
    bad = sum(file["status"] == "failed" for file in files)
    done = {"completed": len(files) - bad, "failed": bad, "total": len(files)}
    return {"in_progress": 0, "cancelled": 0, **done}


class VectorStoreFiles:
    """The files of the vector stores of each project."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        tag, files, query = "vector stores", f"{_ONE}/files", {**PAGING, "before": ID, "filter": _BY_STATUS}
        dropped, change = deleted("vector_store.file.deleted"), object_of({"attributes": _ATTRIBUTES})
        text = listed(object_of({"type": kind("text"), "text": TEXT}))
        return [
            Operation("POST", files, tag, "Add a file", self.add, _ADD, _STORED),
            Operation("GET", files, tag, "Its files", self.files, None, listed(_STORED), query),
            Operation("GET", _FILE, tag, "One of its files", self.file, None, _STORED),
            Operation("POST", _FILE, tag, "Change a file's attributes", self.change, change, _STORED),
            Operation("DELETE", _FILE, tag, "Take a file out", self.drop, None, dropped),
            Operation("GET", f"{_FILE}/content", tag, "A file's passages", self.content, None, text),
            Operation("POST", _GROUPS, tag, "Add files", self.add_all, _ADD_ALL, _GROUP),
            Operation("GET", _OF, tag, "Files that were added together", self.group, None, _GROUP),
            Operation("POST", f"{_OF}/cancel", tag, "Stop adding", self.group, {}, _GROUP),
            Operation(
                "GET", f"{_OF}/files", tag, "Which these are", self.grouped, None, listed(_STORED), query
            ),
        ]

    def _home(self, call: Call) -> str:
        check_writable(call.path("vector_store_id"))
        found = self._store.get(call.project, "vector_store", call.path("vector_store_id"))
        return str(found["id"])

    async def add(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}/files: done when it answers."""

        def work() -> Body:
            return self.insert(
                call.project, self._home(call), call.body["file_id"], call.body.get("attributes")
            )

        return JSONResponse(await self._store.run(self._store.together, work))

    def insert(self, project: str, home: str, name: str, attributes: Body | None) -> Body:
        """Take a file into a vector store. Raises ApiError 404 for one that is not there."""
        file = self._store.get(project, "file", name, param="file_id")
        if self._store.find(project, FILE, name, home) is not None:
            self._remove(project, home, name)
        text, error = self._text(project, file)
        pieces = list(passages(text))
        if len(pieces) + self._store.mark(project, "passage", home)[0] > _MOST_PASSAGES:
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
        self._store.add(project, FILE, made, parent=home)
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
        self._store.remove(project, FILE, name, home)
        for piece in list(self._store.all(project, "passage", home)):
            if piece["file_id"] == name:
                self._store.remove(project, "passage", piece["id"], home)

    async def files(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}/files."""

        def work() -> Body:
            home = self._home(call)
            return self._store.page(call.project, FILE, call.query, home, wanted=_with_status(call))

        return JSONResponse(await self._store.run(work))

    async def file(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}/files/{file}."""
        place = call.path("file_id"), call.path("vector_store_id")
        check_writable(place[1])
        return JSONResponse(await self._store.run(self._store.get, call.project, FILE, *place))

    async def drop(self, call: Call) -> Response:
        """DELETE /v1/vector_stores/{id}/files/{file}."""
        name, home = call.path("file_id"), call.path("vector_store_id")
        check_writable(home)
        await self._store.run(self._store.together, lambda: self._remove(call.project, home, name))
        return JSONResponse({"id": name, "object": "vector_store.file.deleted", "deleted": True})

    async def change(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}/files/{file}."""

        def work() -> Body:
            name, home = call.path("file_id"), self._home(call)
            found = self._store.get(call.project, FILE, name, home)
            found["attributes"] = call.body["attributes"] or {}
            self._store.change(call.project, FILE, found, home)
            return found

        return JSONResponse(await self._store.run(self._store.together, work))

    async def content(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}/files/{file}/content."""

        def work() -> list[Body]:
            name, home = call.path("file_id"), self._home(call)
            self._store.get(call.project, FILE, name, home)
            pieces = self._store.all(call.project, "passage", home)
            return [{"type": "text", "text": one["text"]} for one in pieces if one["file_id"] == name]

        data = await self._store.run(work)
        page = {"object": "list", "data": data, "has_more": False, "next_page": None}
        return JSONResponse(page)

    async def add_all(self, call: Call) -> Response:
        """POST /v1/vector_stores/{id}/file_batches: done when it answers."""
        body = call.body
        wanted = [{"file_id": name} for name in body.get("file_ids") or ()] + (body.get("files") or [])
        if not wanted:
            message = "file_ids must be a list of at least one file, found nothing"
            raise ApiError(400, message, param="file_ids", code="invalid_value")

        def work() -> Body:
            home, files = self._home(call), {}
            for one in wanted:
                attributes = one.get("attributes") or body.get("attributes")
                files[one["file_id"]] = self.insert(call.project, home, one["file_id"], attributes)
            made: Body = {
                "id": new_id("vsfb"),
                "object": "vector_store.files_batch",
                "created_at": now(),
                "vector_store_id": home,
                "status": "completed",
                "file_counts": counts_of(list(files.values())),
            }
            self._store.add(call.project, _BATCH, made | {"files": list(files)}, parent=home)
            return made

        return JSONResponse(await self._store.run(self._store.together, work))

    def _group(self, call: Call) -> Body:
        return self._store.get(call.project, _BATCH, call.path("batch_id"), self._home(call))

    async def group(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}/file_batches/{batch}, and POST …/cancel: it is at its end already."""
        found = await self._store.run(self._group, call)
        return JSONResponse({name: value for name, value in found.items() if name != "files"})

    async def grouped(self, call: Call) -> Response:
        """GET /v1/vector_stores/{id}/file_batches/{batch}/files."""

        def work() -> Body:
            names, fits = set(self._group(call)["files"]), _with_status(call)
            return self._store.page(
                *(call.project, FILE, call.query, self._home(call)),
                wanted=lambda one: one["id"] in names and fits(one),
            )

        return JSONResponse(await self._store.run(work))


def _with_status(call: Call) -> Callable[[Body], bool]:
    """Which files a page's `filter` wants; without one, all."""
    status = call.query.get("filter")
    return lambda file: status in (None, file["status"])
