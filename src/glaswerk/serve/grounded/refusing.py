"""In front of endpoints that cannot be grounded: they refuse by name, and never answer in silence."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from glaswerk.serve.fields import unsupported
from glaswerk.serve.grounded.asking import Asking
from glaswerk.serve.grounded.inner import Endpoint
from glaswerk.serve.limits import Limits
from glaswerk.serve.request_body import read_object, with_object

_WHY = (
    "is not kept where a text is continued, which rests on no documents; ask /v1/chat/completions, or say "
    '"glaswerk": {"ground": false}'
)


def refusing(inner: Endpoint, asking: Asking, limits: Limits) -> Endpoint:
    """`inner`, for requests that want no ground. Raises ApiError 400 for the others."""

    async def endpoint(request: Request) -> Response:
        body = await read_object(request, limits.body_bytes)
        if asking.wishes(str(body.get("model")), body.get("glaswerk")) is not None:
            raise unsupported("glaswerk.ground", _WHY)
        return await inner(plainly(request, body))

    return endpoint


def plainly(request: Request, body: dict[str, Any]) -> Request:
    """The request without the word that it wants no ground."""
    ours = body.get("glaswerk")
    if not isinstance(ours, dict) or "ground" not in ours:
        return request
    rest = {name: value for name, value in ours.items() if name != "ground"}
    others = {name: value for name, value in body.items() if name != "glaswerk"}
    return with_object(request, others | ({"glaswerk": rest} if rest else {}))
