"""A gateway with the real accounts and an endpoint without a model: it "generates" what it is told to.

`python gateway.py LAB PORT` serves it as a process of its own.
"""

from __future__ import annotations

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from glaswerk.lab import Lab
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.accounts.middleware import AccountsMiddleware
from glaswerk.serve.deadlines import server_config
from glaswerk.serve.errors import HANDLERS, ApiError


async def answer(request: Request) -> Response:
    """Takes {"model", "prompt", "max_tokens", "completion", "seconds"}; streams a byte for every token."""
    asked = await request.json()
    prompt, completion = asked.get("prompt", 1), asked.get("completion", 1)
    response = f"chatcmpl-{secrets.token_hex(12)}"
    usage = await request.app.state.accounts.begin(
        request.state.account,
        model=asked.get("model", "chat"),
        endpoint="chat/completions",
        prompt_tokens=prompt,
        max_tokens=asked.get("max_tokens", completion),
        response=response,
    )

    async def tokens() -> AsyncIterator[bytes]:
        for number in range(completion):
            usage.count(prompt, 0, number + 1)
            yield b"."
            await asyncio.sleep(asked.get("seconds", 0) / completion)
        await usage.finish(prompt, 0, completion, "stop")
        yield b"!"

    return StreamingResponse(tokens(), headers={"x-response": response})


async def fail(request: Request) -> Response:
    """An endpoint that breaks after it began."""
    await request.app.state.accounts.begin(
        request.state.account, model="chat", endpoint="fail", prompt_tokens=5, max_tokens=5
    )
    raise ApiError(400, "expected a better day")


async def who(request: Request) -> Response:
    """The project and the key of the request."""
    account = request.state.account
    return JSONResponse({"project": account.project, "key": account.key})


async def owns(request: Request) -> Response:
    """Whether a response is the account's."""
    found = await request.app.state.accounts.owns(request.state.account, request.path_params["id"])
    return JSONResponse({"owns": found})


def make_gateway(lab: Lab, *, loopback: bool = True) -> Starlette:
    """The application."""
    accounts = Accounts.open(lab, loopback=loopback)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        accounts.start()
        yield
        accounts.close()

    routes = [
        Route("/v1/chat/completions", answer, methods=["POST"]),
        Route("/v1/messages", answer, methods=["POST"]),
        Route("/v1/fail", fail, methods=["POST"]),
        Route("/v1/who", who),
        Route("/v1/owns/{id}", owns),
        Route("/health", who),
        Route("/metrics", who),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(AccountsMiddleware, accounts=accounts)],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    app.state.accounts = accounts
    return app


if __name__ == "__main__":
    served = make_gateway(Lab.open(Path(sys.argv[1])))
    uvicorn.Server(server_config(served, log_level="error", host="127.0.0.1", port=int(sys.argv[2]))).run()
