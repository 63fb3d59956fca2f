"""What the lab's MCP server offers, and its answers in the SDK's terms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import mcp_types as types
from mcp.server.lowlevel.server import Server

import glaswerk
from glaswerk.serve.as_mcp.asking import Asking, Refused
from glaswerk.tools.arguments import fault

_ABOUT = (
    "A Glaswerk lab: the user's own content, and models trained on it. `search` quotes the content with its "
    "sources, `ask` answers with quotes, `trace` says where a text occurs in training data, `why` gives the "
    "history of a document. All of them only read."
)


def _text(about: str, most: int) -> dict[str, Any]:
    return {"type": "string", "description": about, "minLength": 1, "maxLength": most}


def _object(needed: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    properties = {**needed, **(more or {})}
    return {
        "type": "object",
        "properties": properties,
        "required": list(needed),
        "additionalProperties": False,
    }


_DAY = "A day such as 2026-05-01"
TOOLS: Mapping[str, tuple[str, dict[str, Any]]] = {
    "search": (
        "Search the user's own content. Gives passages word for word, each with its source.",
        _object(
            {"query": _text("A question, or what to look for", 2_000)},
            {
                "limit": {"type": "integer", "minimum": 1, "maximum": 20, "description": "Most passages"},
                "author": _text("Only by this author", 200),
                "source": _text("Only of this source", 200),
                "since": _text(_DAY, 10),
                "until": _text(_DAY, 10),
            },
        ),
    ),
    "trace": (
        "Where passages of a text occur word for word in the training data of the lab's model.",
        _object({"text": _text("The text", 20_000)}),
    ),
    "why": (
        "A document of the training data: its source, licence and text, and which models saw it.",
        _object({"document": _text("Its id, as search and trace give it", 500)}),
    ),
    "ask": (
        "Ask the lab's model. The answer begins with quotes of the user's content that bear it out.",
        _object(
            {"question": _text("The question", 2_000)},
            {"model": _text("Id of a model; without it, the first", 256)},
        ),
    ),
}


def lab_server(asking: Callable[[], Awaitable[Asking]], keys: Mapping[str, str]) -> Server[Any]:
    """The server. asking: who asks the lab, once it is open; keys: headers for clients that send none."""

    async def listed(_: Any, __: Any) -> types.ListToolsResult:
        hints = types.ToolAnnotations(read_only_hint=True, destructive_hint=False, open_world_hint=False)
        tools = [
            types.Tool(name=name, description=about, input_schema=schema, annotations=hints)
            for name, (about, schema) in TOOLS.items()
        ]
        return types.ListToolsResult(tools=tools)

    async def called(context: Any, asked: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            return _result(await _answer(context, asked))
        except Refused as error:
            return _result(str(error), failed=True)

    async def _answer(context: Any, asked: types.CallToolRequestParams) -> str:
        arguments = asked.arguments or {}
        if asked.name in TOOLS and (wrong := fault(arguments, TOOLS[asked.name][1])):
            raise Refused(wrong)
        headers = getattr(context.request, "headers", None)
        return await (await asking()).call(asked.name, arguments, keys if headers is None else headers)

    return Server(
        "glaswerk",
        version=glaswerk.__version__,
        instructions=_ABOUT,
        on_list_tools=listed,
        on_call_tool=called,
    )


def _result(text: str, *, failed: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=failed)
