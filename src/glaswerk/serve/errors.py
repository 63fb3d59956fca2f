"""Errors of the gateway, in OpenAI's format: {"error": {message, type, param, code}}."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from glaswerk.core.errors import GlaswerkError


class ApiError(Exception):
    """An error response. `param` names the invalid field; `code` is for programs."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code = status, message, param, code
        self.headers = headers


def error_body(status: int, message: str, param: str | None, code: str | None) -> dict[str, object]:
    """The JSON body of an error; `type` follows from the status, as in OpenAI's API."""
    kinds = {403: "permission_error", 429: "rate_limit_error"}
    kind = "server_error" if status >= 500 else kinds.get(status, "invalid_request_error")
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}


_ANTHROPIC = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
}


def anthropic_body(status: int, message: str) -> dict[str, Any]:
    """The JSON body of an error in Anthropic's format."""
    kind = "api_error" if status >= 500 else _ANTHROPIC.get(status, "invalid_request_error")
    return {"type": "error", "error": {"type": kind, "message": message}}


def is_anthropic(request: HTTPConnection) -> bool:
    """Whether a request is one of Anthropic's API, whose answers have another form."""
    path = request.url.path
    if path == "/v1/models" or path.startswith("/v1/models/"):
        return "anthropic-version" in request.headers
    return path.startswith("/v1/messages")


def body_for(
    request: Request, status: int, message: str, param: str | None, code: str | None
) -> dict[str, object]:
    """The JSON body of an error in the format of the API that was called."""
    if is_anthropic(request):
        return anthropic_body(status, message)
    return error_body(status, message, param, code)


def api_error(request: Request, error: Exception) -> Response:
    """Handle ApiError."""
    assert isinstance(error, ApiError), "registered for this class only"
    body = body_for(request, error.status, error.message, error.param, error.code)
    return JSONResponse(body, error.status, error.headers)


def lab_error(request: Request, error: Exception) -> Response:
    """Handle GlaswerkError, a mistake in the request or the lab: status 400 with its hint."""
    return JSONResponse(body_for(request, 400, str(error), None, "lab_error"), 400)


def http_error(request: Request, error: Exception) -> Response:
    """Handle Starlette's errors, such as unknown routes and methods."""
    assert isinstance(error, HTTPException), "registered for this class only"
    messages = {
        404: (f"no route {request.method} {request.url.path}; see GET /v1/models", "not_found"),
        405: (f"{request.url.path} does not take {request.method}", "method_not_allowed"),
    }
    message, code = messages.get(error.status_code, (error.detail, "http_error"))
    body = body_for(request, error.status_code, message, None, code)
    return JSONResponse(body, error.status_code, error.headers)


def internal_error(request: Request, _: Exception) -> Response:
    """Handle any other exception; its cause goes to the server's terminal, never to the client."""
    message = "the server failed on this request; its terminal shows the cause"
    return JSONResponse(body_for(request, 500, message, None, "internal_error"), 500)


def client_left(_: Request, __: Exception) -> Response:
    """Handle ClientDisconnect; no client reads this response."""
    return Response(status_code=499)


HANDLERS = {
    ApiError: api_error,
    GlaswerkError: lab_error,
    HTTPException: http_error,
    ClientDisconnect: client_left,
    Exception: internal_error,
}
