"""The endpoints of files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, PAGING, TEXT, deleted, kind, listed, object_of
from glaswerk.serve.files.forms import read_form, tidy_name
from glaswerk.serve.stored.store import Store, new_id, now

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals", "batch_output")
PURPOSE: Schema = {"type": "string", "enum": list(PURPOSES[:-1])}
EXPIRES: Schema = object_of(
    {
        "anchor": kind("created_at"),
        "seconds": {"type": "integer", "minimum": 3600, "maximum": 2_592_000},
    }
)
_FIELDS = object_of({"purpose": PURPOSE}, {"expires_after": EXPIRES})
_FORM = object_of(
    {"file": {"type": "string", "format": "binary"}, "purpose": PURPOSE}, {"expires_after": EXPIRES}
)
FILE: Schema = {
    "type": "object",
    "required": ["id", "object", "bytes", "created_at", "filename", "purpose", "status"],
    "properties": {
        "id": TEXT,
        "object": kind("file"),
        "bytes": {"type": "integer"},
        "created_at": {"type": "integer"},
        "expires_at": {"type": ["integer", "null"]},
        "filename": TEXT,
        "purpose": {"type": "string", "enum": list(PURPOSES)},
        "status": kind("processed"),
    },
}


class Files:
    """The files of each project. A name is only shown: files have random ids."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        tag, one = "files", "/v1/files/{file_id}"
        query = {**PAGING, "limit": {"type": "integer", "minimum": 1, "maximum": 10_000}, "purpose": ID}
        return [
            Operation("POST", "/v1/files", tag, "Upload a file", self.create, _FORM, FILE, form=True),
            Operation("GET", "/v1/files", tag, "All files", self.list, None, listed(FILE), query),
            Operation("GET", one, tag, "A file's facts", self.find, None, FILE),
            Operation("DELETE", one, tag, "Delete a file", self.delete, None, deleted("file")),
            Operation(
                "GET", f"{one}/content", tag, "A file's bytes", self.content, media="application/octet-stream"
            ),
        ]

    async def create(self, call: Call) -> Response:
        """POST /v1/files."""
        form = await read_form(call.request, "file", _FIELDS)
        try:
            fields = form.fields
            made = await self._store.run(
                lambda: add_file(
                    self._store,
                    call.project,
                    tidy_name(form.file.filename),
                    fields["purpose"],
                    form.parts(),
                    form.size,
                    fields.get("expires_after"),
                )
            )
        finally:
            await form.file.close()
        return JSONResponse(made)

    async def list(self, call: Call) -> Response:
        """GET /v1/files."""
        purpose = call.query.get("purpose")

        def wanted(file: dict[str, Any]) -> bool:
            return purpose is None or file["purpose"] == purpose

        def work() -> dict[str, Any]:
            return self._store.page(call.project, "file", call.query, limit=10_000, wanted=wanted)

        return JSONResponse(await self._store.run(work))

    async def find(self, call: Call) -> Response:
        """GET /v1/files/{id}."""
        return JSONResponse(
            await self._store.run(self._store.get, call.project, "file", call.path("file_id"))
        )

    async def delete(self, call: Call) -> Response:
        """DELETE /v1/files/{id}."""
        name = call.path("file_id")
        await self._store.run(self._store.remove, call.project, "file", name)
        return JSONResponse({"id": name, "object": "file", "deleted": True})

    async def content(self, call: Call) -> Response:
        """GET /v1/files/{id}/content: always as a download, whatever is in it."""
        parts = await self._store.run(self._store.content, call.project, "file", call.path("file_id"))
        headers = {"content-disposition": "attachment"}
        return StreamingResponse(parts, media_type="application/octet-stream", headers=headers)


def add_file(
    store: Store,
    project: str,
    name: str,
    purpose: str,
    parts: Iterable[bytes],
    size: int,
    expires: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Store a file; its facts. Raises ApiError 400 if the project's room is used up."""
    made = {
        "id": new_id("file"),
        "object": "file",
        "bytes": size,
        "created_at": now(),
        "expires_at": now() + expires["seconds"] if expires else None,
        "filename": name,
        "purpose": purpose,
        "status": "processed",
    }
    store.add(project, "file", made, content=parts)
    return made
