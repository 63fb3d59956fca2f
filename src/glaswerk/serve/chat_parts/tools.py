"""The tools that a chat request offers, and which of them the answer may or must call."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from glaswerk.serve.fields import flag, is_one_of, show, unsupported, wrong
from glaswerk.serve.request_body import valid_unicode

Choice = Literal["none", "auto", "required"]
MOST_TOOLS = 128
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Tools:
    """Functions by name, each as {"name", "description", "parameters"}.

    parallel: whether an answer may have several calls. old: the request said `functions`, so the answer says
    `function_call`. strict: names of functions whose schema the client called strict; here all are.
    """

    functions: Mapping[str, Mapping[str, Any]]
    choice: Choice = "auto"
    parallel: bool = True
    old: bool = False
    strict: frozenset[str] = frozenset()

    @property
    def offered(self) -> bool:
        """Whether the answer may call anything."""
        return self.choice != "none" and bool(self.functions)

    def definitions(self) -> list[dict[str, Any]]:
        """As chat templates take them."""
        return [{"type": "function", "function": dict(function)} for function in self.functions.values()]

    def schemas(self) -> dict[str, Mapping[str, Any] | None]:
        """The JSON Schema of each function's arguments."""
        return {name: function.get("parameters") for name, function in self.functions.items()}

    def as_text(self) -> str:
        """For templates that take no tools: "Tools:" and a line of JSON for each, as our template has it."""
        lines = [json.dumps(one, ensure_ascii=False) for one in self.definitions()]
        return "\n".join(["Tools:", *lines])


NO_TOOLS = Tools({}, "none")


def tools(body: Mapping[str, Any]) -> Tools:
    """The tools of a request; without any, none. Raises ApiError 400 with the place of a fault."""
    old = body.get("functions") not in (None, [])
    if old and body.get("tools") not in (None, []):
        raise wrong("functions", "must be left out where tools are given")
    if old:
        found = _functions(body["functions"], "functions", _function)
        return _chosen(Tools(found, parallel=False, old=True), body.get("function_call"), "function_call")
    parallel = body.get("parallel_tool_calls") is None or flag(body, "parallel_tool_calls")
    found = _functions(body.get("tools") or [], "tools", _tool)
    if not is_one_of(body.get("function_call"), (None, "none", "auto")):
        raise wrong("function_call", "is allowed only with functions")
    strict = frozenset(
        tool["function"]["name"] for tool in body.get("tools") or [] if tool["function"].get("strict")
    )
    return _chosen(Tools(found, parallel=parallel, strict=strict), body.get("tool_choice"), "tool_choice")


def _functions(value: Any, where: str, read: Any) -> dict[str, Mapping[str, Any]]:
    if not isinstance(value, list) or len(value) > MOST_TOOLS:
        raise wrong(where, f"must be a list of up to {MOST_TOOLS} functions, found {show(value)}")
    found: dict[str, Mapping[str, Any]] = {}
    for i, item in enumerate(value):
        function = read(item, f"{where}[{i}]")
        if function["name"] in found:
            raise wrong(f"{where}[{i}]", f"must have a name of its own, found {show(function['name'])} again")
        found[function["name"]] = function
    return found


def _tool(item: Any, where: str) -> dict[str, Any]:
    kind = item.get("type") if isinstance(item, dict) else None
    if kind == "custom":
        raise unsupported(where, "is a custom tool, which is not supported; give a function")
    if kind != "function":
        form = '{"type": "function", "function": {…}}'
        raise wrong(where, f"must be an object like {form}, found {show(item)}")
    return _function(item.get("function"), f"{where}.function")


def _function(item: Any, where: str) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise wrong(where, f'must be an object like {{"name": …, "parameters": …}}, found {show(item)}')
    name = item.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        rule = "1 to 64 letters, digits, dashes, dots and underscores"
        raise wrong(f"{where}.name", f"must be {rule}, found {show(name)}")
    found: dict[str, Any] = {"name": name}
    if item.get("description") is not None:
        if not isinstance(item["description"], str):
            raise wrong(f"{where}.description", f"must be a text, found {show(item['description'])}")
        found["description"] = valid_unicode(item["description"], f"{where}.description")
    if item.get("parameters") is not None:
        found["parameters"] = _schema(item["parameters"], f"{where}.parameters")
    if item.get("strict") is not None:
        flag(item, "strict")
    return found


def _schema(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(where, f"must be a JSON Schema as an object, found {show(value)}")
    valid_unicode(json.dumps(value, ensure_ascii=False), where)
    return value


def _chosen(found: Tools, value: Any, where: str) -> Tools:
    """With the choice of the request: a word, or the name of a function that must be called."""
    if value is None or value in ("none", "auto"):
        return replace(found, choice=value or "auto")
    if not found.functions:
        raise wrong(where, "is allowed only where tools are given")
    if value == "required":
        return replace(found, choice="required")
    if isinstance(value, dict) and value.get("type") == "allowed_tools":
        return _allowed(found, value.get("allowed_tools"), where)
    return replace(found, functions=_named(found, [value], where), choice="required")


def _allowed(found: Tools, value: Any, where: str) -> Tools:
    if not isinstance(value, dict) or value.get("mode") not in ("auto", "required"):
        raise wrong(f"{where}.allowed_tools", f'must have the mode "auto" or "required", found {show(value)}')
    names = value.get("tools")
    if not isinstance(names, list) or not names:
        raise wrong(f"{where}.allowed_tools.tools", f"must be a list of tools, found {show(names)}")
    return replace(found, functions=_named(found, names, where), choice=value["mode"])


def _named(found: Tools, values: list[Any], where: str) -> dict[str, Mapping[str, Any]]:
    named: dict[str, Mapping[str, Any]] = {}
    for value in values:
        function = value.get("function", value) if isinstance(value, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        if not isinstance(name, str) or name not in found.functions:
            form = '"none", "auto", "required" or {"type": "function", "function": {"name": …}}'
            raise wrong(where, f"must be {form} with the name of a tool, found {show(value)}")
        named[name] = found.functions[name]
    return named
