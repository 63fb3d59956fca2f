"""Read a multipart form with one file, bounded in every direction."""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anyio import to_thread
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartParser
from starlette.requests import ClientDisconnect, Request

from glaswerk.serve.contract.schema import Schema, check
from glaswerk.serve.errors import ApiError

MOST_BYTES = 100_000_000
_OVERHEAD, _CHUNK, _MOST_FIELDS, _LONGEST_FIELD = 100_000, 1 << 20, 20, 40_000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form as text, its file, and other files. `close` deletes the temporary copies."""

    fields: Mapping[str, Any]
    file: UploadFile
    size: int
    others: Mapping[str, UploadFile] = field(default_factory=dict)

    async def close(self) -> None:
        """Delete the temporary copies of all files."""
        for file in (self.file, *self.others.values()):
            await file.close()

    def parts(self) -> Iterator[bytes]:
        """The file's bytes in parts of a megabyte."""
        self.file.file.seek(0)
        while data := self.file.file.read(_CHUNK):
            yield data


async def read_form(
    request: Request,
    name: str,
    schema: Schema,
    others: Sequence[str] = (),
    *,
    aliases: Sequence[str] = (),
) -> Form:
    """A form whose field `name` is a file and whose other fields fit `schema`. Raises ApiError 400 or 413.

    others: names of fields that may be further files. aliases: other names of the field `name`.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise ApiError(
            400, "expected multipart/form-data with a file, found another type", code="invalid_form"
        )
    parser = MultiPartParser(
        request.headers,
        _bounded(request),
        max_files=1 + len(others),
        max_fields=_MOST_FIELDS,
        max_part_size=_LONGEST_FIELD,
    )
    form = None
    try:
        form = await parser.parse()
    except (ApiError, ClientDisconnect):
        raise
    except Exception as error:
        # Starlette and its parser raise several kinds for what is no form.
        message = f"expected multipart/form-data with a file: {getattr(error, 'detail', error)}"[:300]
        raise ApiError(400, message, code="invalid_form") from error
    finally:
        # A form that ends early leaves its temporary file to nobody.
        known = (
            set()
            if form is None
            else {id(value.file) for value in form.values() if isinstance(value, UploadFile)}
        )
        for file in getattr(parser, "_files_to_close_on_error", ()):
            if id(file) not in known:
                file.close()
    try:
        called = next((one for one in (name, *aliases) if one in form), name)
        return await _checked(form, called, schema, others)
    except BaseException:
        await form.close()
        raise


async def _checked(form: FormData, name: str, schema: Schema, others: Sequence[str]) -> Form:
    file = form.get(name)
    if not isinstance(file, UploadFile):
        message = f"{name} must be a file in multipart/form-data, found {type(file).__name__}"
        raise ApiError(400, message, param=name, code="invalid_value")
    fields = {key: value for key, value in form.items() if key != name and isinstance(value, str)}
    nested: dict[str, Any] = {}
    for key, value in fields.items():
        # OpenAI's clients write an object's fields as name[field].
        outer, _, inner = key.partition("[")
        if inner.endswith("]"):
            there = nested.setdefault(outer, {})
            there[inner[:-1]] = (
                int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else value
            )
        else:
            nested[key] = value
    check(nested, schema)
    size = await to_thread.run_sync(lambda: file.file.seek(0, 2))
    found = {key: form.get(key) for key in others}
    return Form(nested, file, size, {k: v for k, v in found.items() if isinstance(v, UploadFile)})


async def _bounded(request: Request) -> AsyncGenerator[bytes]:
    """The body, which fails with 413 once it is too large. A length that is announced counts."""
    announced = request.headers.get("content-length", "")
    if announced.isascii() and announced.isdecimal() and int(announced[:20]) > MOST_BYTES + _OVERHEAD:
        raise _too_large()
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BYTES + _OVERHEAD:
            raise _too_large()
        yield part


def _too_large() -> ApiError:
    message = f"expected a file of up to {MOST_BYTES:,} bytes, found a larger one; send it by /v1/uploads"
    return ApiError(413, message, code="body_too_large", headers={"connection": "close"})


def tidy_name(name: str | None) -> str:
    """A file's name without folders and control characters; it is shown, never opened."""
    last = (name or "").replace("\\", "/").rpartition("/")[2].encode(errors="replace").decode()
    shown = "".join(letter for letter in last if unicodedata.category(letter)[0] != "C")
    return shown.strip(". ")[:255] or "file"
