"""GET /v1/glaswerk/tools: the tools that a request may name."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from glaswerk.serve.contract.operation import Call, Operation
from glaswerk.serve.toolbox.toolbox import Toolbox


def tools_operation(toolbox: Toolbox) -> Operation:
    """The endpoint."""

    async def listed(_: Call) -> Response:
        return JSONResponse({"object": "list", "data": await toolbox.listed()})

    gives = {"type": "object", "required": ["object", "data"], "properties": {"data": {"type": "array"}}}
    return Operation("GET", "/v1/glaswerk/tools", "tools", "Tools that a chat may use", listed, gives=gives)
