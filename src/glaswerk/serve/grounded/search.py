"""GET /v1/glaswerk/search: passages of the lab's documents for a question, with quotes that answer it."""

from __future__ import annotations

import secrets

from anyio import CapacityLimiter, to_thread
from starlette.responses import JSONResponse, Response

from glaswerk.retrieve.retriever import FILTERS
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.grounded.content import LONGEST, Content
from glaswerk.serve.grounded.wishes import filters
from glaswerk.serve.limits import Limits

_ENDPOINT = "glaswerk/search"


def search_operation(content: Content, accounts: Accounts, limits: Limits) -> Operation:
    """The endpoint. Its answer is that of a grounded chat without a model: verdict, quotes, near passages."""

    threads = CapacityLimiter(limits.threads)

    async def search(call: Call) -> Response:
        request = call.request
        named = {name: call.query[name] for name in FILTERS if name in call.query}
        found = filters(named)
        content.check()
        account: Account = request.state.account
        used = await accounts.begin(
            account,
            # No model answers: a key for some models may search, too.
            model=next(iter(account.models), "search"),
            endpoint=_ENDPOINT,
            prompt_tokens=0,
            max_tokens=0,
            response=f"search-{secrets.token_hex(12)}",
        )
        limit = call.query.get("limit", 5)
        grounds = await to_thread.run_sync(content.ground, call.query["q"], (), found, limit, limiter=threads)
        await used.finish(0, 0, 0, "stop")
        return JSONResponse({"object": "glaswerk.search", **grounds.to_json()})

    text = {"type": "string", "maxLength": 200}
    query = {
        "q": {"type": "string", "minLength": 1, "maxLength": LONGEST},
        "limit": {"type": "integer", "minimum": 1, "maximum": 50},
        **{name: text for name in FILTERS},
    }
    return Operation(
        "GET", "/v1/glaswerk/search", "sources", "What the documents say to a question", search,
        query=query, needs=("q",), gives={"type": "object", "required": ["verdict", "quotes", "near"]},
    )  # fmt: skip
