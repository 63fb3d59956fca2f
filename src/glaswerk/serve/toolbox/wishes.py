"""What a chat request says of this server's tools: the fields `tools` and `approvals` of `glaswerk`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.serve.fields import show, unsupported, wrong
from glaswerk.serve.request_body import valid_unicode

TOOLS, APPROVALS = "glaswerk.tools", "glaswerk.approvals"
_MOST = 32
# Fields that would change an answer in ways that its rounds cannot keep, with their values of no effect.
_REFUSED: dict[str, tuple[Any, ...]] = {
    "n": (None, 1),
    "functions": (None, []),
    "response_format": (None, {"type": "text"}),
    "logprobs": (None, False),
    "logit_bias": (None, {}),
    "store": (None, False),
    "continue_final_message": (None, False),
    "add_generation_prompt": (None, True),
    "chat_template_kwargs": (None, {}),
}
APART = 'is not supported with "glaswerk": {"tools": […]}; leave one of them out'


@dataclass(frozen=True, slots=True)
class ToolWishes:
    """Names of tools, and words about calls that wait: by the id of each, whether it may be made."""

    names: tuple[str, ...]
    approvals: Mapping[str, bool]


def tool_wishes(body: Mapping[str, Any]) -> ToolWishes | None:
    """None for a request that names no tools. Raises ApiError 400 for what is wrong or cannot be kept."""
    ours = body.get("glaswerk")
    if not isinstance(ours, Mapping) or not {"tools", "approvals"} & ours.keys():
        return None
    names = _names(ours.get("tools"))
    words = _approvals(ours.get("approvals"))
    if not names and not words:
        return None
    for name in ours.keys() - {"tools", "approvals"}:
        if not (name in ("ground", "trace") and ours[name] in (None, False)):
            raise unsupported(f"glaswerk.{name}"[:60], APART)
    for name, neutral in _REFUSED.items():
        if not any(type(body.get(name)) is type(one) and body.get(name) == one for one in neutral):
            raise unsupported(name, APART)
    return ToolWishes(names, words)


def without(body: Mapping[str, Any]) -> dict[str, Any]:
    """The request without these fields."""
    ours = body.get("glaswerk")
    if not isinstance(ours, Mapping):
        return dict(body)
    rest = {name: value for name, value in ours.items() if name not in ("tools", "approvals")}
    return {**body, "glaswerk": rest or None}


def _names(value: Any) -> tuple[str, ...]:
    found = [] if value is None else value
    if not isinstance(found, list) or len(found) > _MOST or not all(isinstance(one, str) for one in found):
        raise wrong(TOOLS, f'must be a list of up to {_MOST} names such as "search", found {show(value)}')
    return tuple(dict.fromkeys(valid_unicode(one, TOOLS) for one in found))


def _approvals(value: Any) -> dict[str, bool]:
    found = [] if value is None else value
    form = 'a list like [{"id": "mcpr_…", "approve": true}]'
    if not isinstance(found, list) or len(found) > _MOST:
        raise wrong(APPROVALS, f"must be {form}, found {show(value)}")
    words: dict[str, bool] = {}
    for one in found:
        if not isinstance(one, Mapping) or one.keys() - {"id", "approve"}:
            raise wrong(APPROVALS, f"must be {form}, found {show(one)}")
        name, agreed = one.get("id"), one.get("approve")
        if not isinstance(name, str) or not 0 < len(name) <= 128 or not isinstance(agreed, bool):
            raise wrong(APPROVALS, f"must be {form}, found {show(one)}")
        words[valid_unicode(name, APPROVALS)] = agreed
    return words
