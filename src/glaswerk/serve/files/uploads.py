"""The endpoints of uploads: a large file in parts, put together at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import ID, TEXT, kind, object_of
from glaswerk.serve.errors import ApiError
from glaswerk.serve.files.files import EXPIRES, PURPOSE, Files, add_file
from glaswerk.serve.files.forms import read_form, tidy_name
from glaswerk.serve.stored.store import Store, new_id, now

Body = dict[str, Any]
MOST_BYTES = 2_000_000_000
_PART_BYTES, _SECONDS = 64_000_000, 3600
_CREATE = object_of(
    {
        "bytes": {"type": "integer", "minimum": 0, "maximum": MOST_BYTES},
        "filename": {"type": "string", "minLength": 1, "maxLength": 1000},
        "mime_type": {"type": "string", "minLength": 1, "maxLength": 255},
        "purpose": PURPOSE,
    },
    {"expires_after": EXPIRES},
)
_COMPLETE = object_of(
    {"part_ids": {"type": "array", "maxItems": 10_000, "items": ID}},
    {"md5": {"type": "string", "minLength": 32, "maxLength": 32}},
)
_UPLOAD: Schema = {
    "type": "object",
    "required": ["id", "object", "bytes", "created_at", "expires_at", "filename", "purpose", "status"],
    "properties": {
        "id": TEXT,
        "bytes": {"type": "integer"},
        "created_at": {"type": "integer"},
        "expires_at": {"type": "integer"},
        "filename": TEXT,
        "purpose": TEXT,
        "object": kind("upload"),
        "status": {"type": "string", "enum": ["pending", "completed", "cancelled"]},
    },
}
_PART = object_of(
    {"id": TEXT, "object": kind("upload.part"), "created_at": {"type": "integer"}, "upload_id": TEXT}
)
_ONE = "/v1/uploads/{upload_id}"


class Uploads:
    """Uploads in progress; their parts are deleted with them."""

    def __init__(self, store: Store, files: Files) -> None:
        self._store, self._files = store, files

    def operations(self) -> Sequence[Operation]:
        """All endpoints."""
        tag, form = "uploads", object_of({"data": {"type": "string", "format": "binary"}})
        return [
            Operation("POST", "/v1/uploads", tag, "Begin a large file", self.create, _CREATE, _UPLOAD),
            Operation("POST", f"{_ONE}/parts", tag, "Add a part", self.part, form, _PART, form=True),
            Operation("POST", f"{_ONE}/complete", tag, "Make the file", self.complete, _COMPLETE, _UPLOAD),
            Operation("POST", f"{_ONE}/cancel", tag, "Give it up", self.cancel, {}, _UPLOAD),
        ]

    async def create(self, call: Call) -> Response:
        """POST /v1/uploads."""
        made = {
            "id": new_id("upload"),
            "object": "upload",
            "created_at": now(),
            "expires_at": now() + _SECONDS,
            "status": "pending",
            "file": None,
            **{name: call.body[name] for name in ("bytes", "purpose")},
            "filename": tidy_name(call.body["filename"]),
            "expires_after": call.body.get("expires_after"),
        }
        await self._store.run(self._store.add, call.project, "upload", made)
        return JSONResponse(made)

    def _pending(self, call: Call) -> Body:
        found = self._store.get(call.project, "upload", call.path("upload_id"))
        if found["status"] != "pending" or found["expires_at"] < now():
            message = f"expected an upload that is pending, found one that is {found['status']} or too old"
            raise ApiError(400, message, param="upload_id", code="invalid_value")
        return found

    async def part(self, call: Call) -> Response:
        """POST /v1/uploads/{id}/parts."""
        await self._store.run(self._pending, call)
        form = await read_form(call.request, "data", object_of({}))
        try:
            made = await self._store.run(self._add_part, call, form)
        finally:
            await form.file.close()
        return JSONResponse(made)

    def _add_part(self, call: Call, form: Any) -> Body:
        name = self._pending(call)["id"]
        if form.size > _PART_BYTES:
            message = f"expected a part of up to {_PART_BYTES:,} bytes, found {form.size:,}"
            raise ApiError(413, message, param="data", code="body_too_large")
        made = {"id": new_id("part"), "object": "upload.part", "created_at": now(), "upload_id": name}
        self._store.add(call.project, "part", made, parent=name, content=form.parts())
        return made

    async def complete(self, call: Call) -> Response:
        """POST /v1/uploads/{id}/complete: the parts in the order of `part_ids`."""
        return JSONResponse(await self._store.run(self._store.together, lambda: self._completed(call)))

    def _completed(self, call: Call) -> Body:
        found, names = self._pending(call), call.body["part_ids"]
        sums, size = hashlib.md5(usedforsecurity=False), 0
        for data in self._parts(call.project, found["id"], names):
            sums.update(data)
            size += len(data)
        if size != found["bytes"]:
            message = f"expected {found['bytes']:,} bytes in all, as the upload says, found {size:,}"
            raise ApiError(400, message, param="part_ids", code="invalid_value")
        if call.body.get("md5", sums.hexdigest()).lower() != sums.hexdigest():
            raise ApiError(
                400, "md5 must be that of the parts, found another", param="md5", code="invalid_value"
            )
        parts = self._parts(call.project, found["id"], names)
        fields = found["filename"], found["purpose"], parts, size, found["expires_after"]
        file = add_file(self._store, call.project, *fields)
        for part in list(self._store.all(call.project, "part", found["id"])):
            self._store.remove(call.project, "part", part["id"], found["id"])
        return self._ended(call, found | {"status": "completed", "file": file})

    def _parts(self, project: str, upload: str, names: Sequence[str]) -> Iterator[bytes]:
        for name in names:
            self._store.get(project, "part", name, upload, param="part_ids")
            yield from self._store.content(project, "part", name, upload)

    def _ended(self, call: Call, upload: Body) -> Body:
        self._store.change(call.project, "upload", upload)
        return upload

    async def cancel(self, call: Call) -> Response:
        """POST /v1/uploads/{id}/cancel: deletes its parts."""

        def work() -> Body:
            found = self._pending(call)
            for part in list(self._store.all(call.project, "part", found["id"])):
                self._store.remove(call.project, "part", part["id"], found["id"])
            return self._ended(call, found | {"status": "cancelled"})

        return JSONResponse(await self._store.run(self._store.together, work))
