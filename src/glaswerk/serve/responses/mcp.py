"""Tools of the type `mcp`: this server calls tools of the MCP servers in lab.toml, and Glaswerk's own.

As OpenAI's API has it, each call is an item `mcp_call`; one that a person must agree to is an item
`mcp_approval_request`, and the client's item `mcp_approval_response` with its id is the answer. The label
`glaswerk` names the lab's own tools. An address cannot be given: what may be reached is in lab.toml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.answering.parts import ToolPart
from glaswerk.serve.contract.schema import Schema
from glaswerk.serve.contract.shapes import TEXT, either, kind, object_of, only
from glaswerk.serve.fields import unsupported
from glaswerk.serve.toolbox.our_tools import OurTools
from glaswerk.serve.toolbox.toolbox import READING
from glaswerk.tools import Tool
from glaswerk.tools.tool import OWN

Item = dict[str, Any]
TOOL = "mcp"
_WHY = "MCP servers are named in lab.toml: [serve.mcp.NAME]"
_NONE = only(None, why=_WHY)
SCHEMA = object_of(
    {"type": kind(TOOL), "server_label": {"type": "string", "minLength": 1, "maxLength": 64}},
    {
        "allowed_tools": {"type": ["array", "null"], "maxItems": 64, "items": {"type": "string"}},
        "require_approval": either(None, "always", "never"),
        "server_description": {"type": ["string", "null"]},
        "server_url": _NONE,
        "connector_id": _NONE,
        "authorization": _NONE,
        "headers": _NONE,
    },
)
_ID: Schema = {"type": ["string", "null"], "maxLength": 128}
_CALLED = {"server_label": TEXT, "name": TEXT, "arguments": TEXT}
# What a client sends back. Calls and requests are not read again: the answer says what came of them.
ITEMS: Sequence[Schema] = (
    object_of(
        {
            "type": kind("mcp_approval_response"),
            "approval_request_id": {"type": "string", "minLength": 1, "maxLength": 128},
            "approve": {"type": "boolean"},
        },
        {"id": _ID, "reason": {"type": ["string", "null"]}},
    ),
    object_of({"type": kind("mcp_approval_request"), **_CALLED}, {"id": _ID}),
    object_of(
        {"type": kind("mcp_call"), **_CALLED},
        {
            "id": _ID,
            "output": {"type": ["string", "null"]},
            "error": {},
            "status": {"type": ["string", "null"]},
            "approval_request_id": _ID,
        },
    ),
)
PREFIXES = {"mcp_approval_response": "mcpa", "mcp_approval_request": "mcpr", "mcp_call": "mcp"}


async def tools_of(ours: OurTools, asked: Mapping[str, Any]) -> dict[str, Tool]:
    """The tools of a request by what a model calls them. Raises ApiError as `OurTools.named`."""
    found: dict[str, Tool] = {}
    for one in asked.get("tools") or ():
        if one["type"] == TOOL and asked.get("tool_choice") != "none":
            tools = await ours.named(_names(ours, one), str(asked.get("model")), "tools")
            always = one.get("require_approval") == "always"
            found |= {name: replace(tool, asks=tool.asks or always) for name, tool in tools.items()}
    if found:
        _check_together(asked)
    return found


def _names(ours: OurTools, tool: Mapping[str, Any]) -> list[str]:
    label, allowed = tool["server_label"], tool.get("allowed_tools")
    if label == OWN:
        return list(ours.toolbox.settings.own) if allowed is None else list(allowed)
    return [f"mcp:{label}"] if allowed is None else [f"mcp:{label}/{name}" for name in allowed]


def _check_together(asked: Mapping[str, Any]) -> None:
    """Raises ApiError 400 for what an answer in rounds cannot keep."""
    apart = "is not supported with a tool of the type mcp; leave one of them out"
    if any(tool["type"] == "file_search" for tool in asked["tools"]):
        raise unsupported("tools", f"has file_search, which {apart}")
    if ((asked.get("text") or {}).get("format") or {"type": "text"})["type"] != "text":
        raise unsupported("text.format", apart)
    if asked.get("top_logprobs") or "message.output_text.logprobs" in (asked.get("include") or ()):
        raise unsupported("top_logprobs", apart)
    if (asked.get("glaswerk") or {}).get("ground"):
        raise unsupported("glaswerk.ground", apart)


def check_words(tools: Mapping[str, Tool]) -> None:
    """Raises ApiError 400 for words about calls in a request that has no tools."""
    if not tools:
        raise unsupported("input", "has an mcp_approval_response, which needs the same tools as before")


def words_of(items: Sequence[Item]) -> dict[str, bool]:
    """What the last items say about calls that wait, by the id of each."""
    found: dict[str, bool] = {}
    for item in reversed(items):
        if item["type"] != "mcp_approval_response":
            break
        found[item["approval_request_id"]] = item["approve"]
    return found


def without_begun(messages: Sequence[Message]) -> Sequence[Message]:
    """Without what the model said before its calls, which is kept with them."""
    last = max((i for i, one in enumerate(messages) if one["role"] != "assistant"), default=-1)
    return messages[: last + 1]


def item_of(part: ToolPart, name: str, *, begun: bool = False) -> Item:
    """A call as an item. begun: as it was before anything came of it."""
    called = {"server_label": part.server, "name": part.name, "arguments": part.text}
    if part.status == "pending":
        return {"id": name, "type": "mcp_approval_request", **called}
    ended = part.status in ("completed", "failed")
    status = "in_progress" if begun else part.status if ended else "incomplete"
    fine = part.output if part.status == "completed" and not begun else None
    wrong = part.output if part.status == "failed" and not begun else None
    return {
        "id": name,
        "type": "mcp_call",
        **called,
        "arguments": "" if begun else part.text,
        "approval_request_id": part.approval or None,
        "status": status,
        "output": fine,
        "error": wrong,
    }


def part_of(item: Mapping[str, Any]) -> ToolPart:
    """The call of a stored item."""
    part = ToolPart("tool", item["arguments"], "", item["name"], server=item["server_label"])
    if item["type"] == "mcp_approval_request":
        part.status, part.approval = "pending", item["id"]
        return part
    part.status = item["status"] if item["status"] in ("completed", "failed") else "running"
    part.output = item["output"] or item["error"] or ""
    part.approval = item["approval_request_id"] or ""
    return part


def storable(item: Item) -> Item:
    """Without what a tool of ours read in the lab's documents, which may be forgotten."""
    reads = item["type"] == "mcp_call" and item["server_label"] == OWN and item["name"] in READING
    return item | {"output": None} if reads else item
