"""Read a request body: limited in size, a JSON object, valid Unicode text."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request

from glaswerk.serve.errors import ApiError

# A client that is still writing when the connection closes never sees the response. So a body that is too
# large is read and discarded, up to this many times the limit, before the 413 is sent.
_DRAIN = 8
# The place in an ASGI scope of a body that was read.
_READ = "glaswerk.body"


async def read_object(request: Request, limit: int) -> dict[str, Any]:
    """The body as a JSON object; the same object for every reader of a request.

    Raises ApiError 413 above `limit` bytes, and 400 if it is not an object.
    """
    if _READ not in request.scope:
        request.scope[_READ] = await _object(request, limit)
    found: dict[str, Any] = request.scope[_READ]
    return found


def with_object(request: Request, body: dict[str, Any]) -> Request:
    """The same request with another body, for an endpoint that this gateway asks itself."""
    return Request({**request.scope, _READ: body}, request.receive)


async def _object(request: Request, limit: int) -> dict[str, Any]:
    raw = await _read(request, limit)
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"expected a JSON body: {error}", code="invalid_json") from error
    if not isinstance(value, dict):
        found = type(value).__name__
        raise ApiError(400, f"expected a JSON object as the body, found {found}", code="invalid_json")
    return value


def valid_unicode(text: str, param: str) -> str:
    """`text` itself. Raises ApiError 400 for a lone surrogate, which has no UTF-8 encoding."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        message = f"expected valid Unicode in {param}, found half a surrogate pair at character {error.start}"
        raise ApiError(400, message, param=param, code="invalid_value") from error
    return text


async def _read(request: Request, limit: int) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= limit:
            parts.append(part)
        elif size > _DRAIN * limit:
            break
    if size > limit:
        message = f"expected a body of up to {limit:,} bytes, found {size:,} or more"
        raise ApiError(413, message, code="body_too_large", headers={"connection": "close"})
    return b"".join(parts)
