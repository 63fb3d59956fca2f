"""The messages of a chat request: roles, text parts, calls of tools and what the tools answered."""

from __future__ import annotations

import json
from typing import Any, cast

from glaswerk.core.document import Message
from glaswerk.serve.fields import show, unsupported, wrong
from glaswerk.serve.request_body import valid_unicode

_ROLES = {
    **{"system": "system", "developer": "system", "user": "user", "assistant": "assistant"},
    **{"tool": "tool", "function": "tool"},
}
# Parts of other kinds than text, by the field that they have in OpenAI's API.
_MEDIA = ("image_url", "input_audio", "file", "video_url", "refusal")
LONGEST_NAME = 64


def messages(value: Any) -> tuple[Message, ...]:
    """The messages, in the form that chat templates take. Raises ApiError 400 with the place of a fault."""
    if not isinstance(value, list) or not value:
        raise wrong("messages", f"must be a list of at least one message, found {show(value)}")
    found: list[Message] = []
    # The ids of calls so far, with the names of their tools.
    calls: dict[str, str] = {}
    for i, item in enumerate(value):
        message = _message(item, f"messages[{i}]", calls)
        calls |= {call["id"]: call["function"]["name"] for call in message.get("tool_calls", [])}
        found.append(cast(Message, message))
    return tuple(found)


def _message(item: Any, where: str, calls: dict[str, str]) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise wrong(where, f'must be an object like {{"role": "user", "content": "…"}}, found {show(item)}')
    role = item.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise wrong(f"{where}.role", f"must be one of {', '.join(_ROLES)}, found {show(role)}")
    found: dict[str, Any] = {"role": _ROLES[role]}
    if role == "assistant":
        return found | _assistant(item, where)
    found["content"] = _content(item.get("content"), f"{where}.content")
    if role == "tool":
        identifier = item.get("tool_call_id")
        if not isinstance(identifier, str) or identifier not in calls:
            known = "the id of a call in an assistant message before it"
            raise wrong(f"{where}.tool_call_id", f"must be {known}, found {show(identifier)}")
        return found | {"tool_call_id": identifier, "name": calls[identifier]}
    named = item.get("name") is not None or role == "function"
    return found | ({"name": _name(item.get("name"), f"{where}.name")} if named else {})


def _assistant(item: dict[str, Any], where: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if item.get("audio") is not None:
        raise unsupported(f"{where}.audio", "is not supported: this model reads text only")
    if item.get("tool_calls") is not None:
        found["tool_calls"] = _calls(item["tool_calls"], f"{where}.tool_calls")
    elif item.get("function_call") is not None:
        function = _function(item["function_call"], f"{where}.function_call")
        found["tool_calls"] = [{"id": "call_0", "type": "function", "function": function}]
    thoughts = item.get("reasoning_content")
    if isinstance(thoughts, str) and thoughts:
        found["reasoning_content"] = valid_unicode(thoughts, f"{where}.reasoning_content")
    if item.get("name") is not None:
        found["name"] = _name(item["name"], f"{where}.name")
    content = item.get("content") if item.get("content") not in (None, []) else item.get("refusal")
    # A message that is calls alone has no text.
    if content is None and found.get("tool_calls"):
        return found | {"content": ""}
    return found | {"content": _content(content, f"{where}.content", refusal=True)}


def _calls(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or len(value) > 128:
        raise wrong(where, f"must be a list of up to 128 calls, found {show(value)}")
    return [_call(call, f"{where}[{i}]") for i, call in enumerate(value)]


def _call(call: Any, where: str) -> dict[str, Any]:
    if not isinstance(call, dict) or call.get("type", "function") != "function":
        raise wrong(where, f'must be a call like {{"id": …, "type": "function", …}}, found {show(call)}')
    identifier = call.get("id")
    if not isinstance(identifier, str) or not identifier:
        raise wrong(f"{where}.id", f"must be a text, found {show(identifier)}")
    function = _function(call.get("function"), f"{where}.function")
    return {"id": valid_unicode(identifier, f"{where}.id"), "type": "function", "function": function}


def _function(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong(where, f'must be an object like {{"name": …, "arguments": …}}, found {show(value)}')
    arguments = value.get("arguments")
    if not isinstance(arguments, str):
        raise wrong(f"{where}.arguments", f"must be JSON as a text, found {show(arguments)}")
    text = valid_unicode(arguments, f"{where}.arguments")
    return {"name": _name(value.get("name"), f"{where}.name"), "arguments": as_object(text)}


def as_object(text: str) -> Any:
    """Templates write arguments as JSON themselves. What is no object stays a text, as the model wrote it."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return found if isinstance(found, dict) else text


def _name(value: Any, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_NAME:
        raise wrong(where, f"must be a text of 1 to {LONGEST_NAME} characters, found {show(value)}")
    return valid_unicode(value, where)


def _content(value: Any, where: str, *, refusal: bool = False) -> str:
    if isinstance(value, str):
        return valid_unicode(value, where)
    if not isinstance(value, list) or not value:
        raise wrong(where, f"must be text or a list of text parts, found {show(value)}")
    return "".join(_part(part, f"{where}[{i}]", refusal) for i, part in enumerate(value))


def _part(part: Any, where: str, refusal: bool) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    field = "refusal" if kind == "refusal" and refusal else "text"
    if kind in _MEDIA and kind != field:
        raise unsupported(where, f"is of the type {kind}, which is not supported: this model reads text only")
    if kind != field or not isinstance(part.get(field), str):
        raise wrong(where, 'must be {"type": "text", "text": "…"}: this model reads text only')
    return valid_unicode(part[field], where)
