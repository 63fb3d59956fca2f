"""GET /v1/glaswerk/usage: what the key's project used, by day and by model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from starlette.responses import JSONResponse, Response

from glaswerk.serve.accounts.accounts import Accounts
from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.contract.shapes import TEXT, object_of

_TOTALS = {"type": "array", "items": {"type": "object"}}
_GIVES = object_of(
    {
        "object": {"enum": ["glaswerk.usage"]},
        "key": TEXT,
        "project": TEXT,
        "models": {"type": "array", "items": TEXT},
        "days": _TOTALS,
        "by_model": _TOTALS,
    }
)


def usage_operation(accounts: Accounts) -> Operation:
    """The endpoint. A server without keys counts its requests to the project ""."""

    async def usage(call: Call) -> Response:
        account = call.request.state.account
        days, models = await accounts.used(account.project)
        found: dict[str, Any] = {
            "object": "glaswerk.usage",
            "key": account.key,
            "project": account.project,
            "models": list(account.models),
            "days": [asdict(total) for total in days],
            "by_model": [asdict(total) for total in models],
        }
        return JSONResponse(found)

    return Operation("GET", "/v1/glaswerk/usage", "sources", "What a project used", usage, gives=_GIVES)
