"""An operation of the API: its contract and its handler in one place; the route checks, then calls."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glaswerk.serve.contract.schema import Schema, check, shown
from glaswerk.serve.errors import ApiError
from glaswerk.serve.request_body import read_object

_WHOLE = re.compile(r"-?[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Call:
    """A checked request. `project`: whose things it may see; everyone's without keys."""

    request: Request
    body: dict[str, Any]
    query: dict[str, Any]
    project: str

    def path(self, name: str) -> str:
        """A parameter of the path."""
        return str(self.request.path_params[name])


Handler = Callable[[Call], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Operation:
    """What an endpoint takes and gives, for its route and for the OpenAPI document.

    body: schema of the JSON body (of multipart/form-data if `form`), None if it has none; `bytes`: the
    largest one. gives: schema of the answer, None for what is not JSON (`media`). stream: whether `"stream":
    true` gives server-sent events. needs: parameters of the query that must be there. handler: None for an
    endpoint that reads its request itself; its operation describes it only.
    """

    method: str
    path: str
    tag: str
    summary: str
    handler: Handler | None = None
    body: Schema | None = None
    gives: Schema | None = None
    query: Mapping[str, Schema] = field(default_factory=dict)
    needs: Sequence[str] = ()
    stream: bool = False
    media: str = "application/json"
    form: bool = False
    bytes: int = 2_000_000
    status: int = 200

    def route(self) -> Route:
        """The route that checks a request and calls the handler."""
        return Route(self.path, self._endpoint, methods=[self.method])

    async def _endpoint(self, request: Request) -> Response:
        assert self.handler is not None, "only described"
        query = checked_query(request, self.query)
        if missing := next((name for name in self.needs if name not in query), None):
            raise ApiError(400, f"{missing} is missing", param=missing, code="missing_parameter")
        body = (
            await read_body(request, self.body, self.bytes) if self.body is not None and not self.form else {}
        )
        return await self.handler(Call(request, body, query, project_of(request)))


def routes_of(operations: Sequence[Operation]) -> list[Route]:
    """The routes of operations, in their order."""
    return [operation.route() for operation in operations]


def project_of(request: Request) -> str:
    """Whose stored things a request may see."""
    account = getattr(request.state, "account", None)
    return (account.project if account is not None else "") or "local"


async def read_body(request: Request, schema: Schema, most: int) -> dict[str, Any]:
    """A JSON body that fits a schema. Raises ApiError 400 or 413."""
    # Some clients send no body at all where every field may be left out.
    empty = request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers
    if empty and not schema.get("required"):
        return {}
    return checked_body(await read_object(request, most), schema)


def checked_body(body: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """The same body, if it fits the schema. Raises ApiError 400."""
    try:
        # NaN, numbers beyond a float and halves of surrogate pairs have no place in an answer's JSON.
        json.dumps(body, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        message = f"expected JSON of finite numbers and valid Unicode: {error}"[:300]
        raise ApiError(400, message.encode(errors="replace").decode(), code="invalid_json") from error
    check(body, schema)
    return body


def checked_query(request: Request, known: Mapping[str, Schema]) -> dict[str, Any]:
    """The query parameters that a schema knows; others are ignored, as OpenAI's API ignores them."""
    found: dict[str, Any] = {}
    for name, schema in known.items():
        text = request.query_params.get(name)
        if text is not None:
            found[name] = _typed(text, schema, name)
            check(found[name], schema, name)
    return found


def _typed(text: str, schema: Schema, name: str) -> Any:
    if schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if schema.get("type") != "integer":
        return text
    if not _WHOLE.fullmatch(text):
        message = f"{name} must be a whole number, found {shown(text)}"
        raise ApiError(400, message, param=name, code="invalid_value")
    return int(text)
