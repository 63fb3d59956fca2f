"""A chat completion request in OpenAI's format, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.fields import (
    SAMPLING,
    WITHOUT_EFFECT,
    flag,
    include_usage,
    is_one_of,
    logit_bias,
    model,
    sampling,
    show,
    stop,
    unknown,
    unsupported,
    whole,
    wrong,
)
from glaswerk.serve.request_body import valid_unicode

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_USED = {"messages", "max_completion_tokens", "glaswerk", "logprobs", "top_logprobs", "parallel_tool_calls"}
# Unsupported fields that would change the answer, with the values that have no effect. Any other field is
# refused: a sampling setting that is not applied must not seem to be.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "tools": (None, []),
    "functions": (None, []),
    "tool_choice": (None, "none", "auto"),
    "audio": (None,),
    "modalities": (None, ["text"]),
    "response_format": (None, {"type": "text"}),
    "function_call": (None, "none", "auto"),
    "typical_p": (None, 1),
    "min_tokens": (None, 0),
    "ignore_eos": (None, False),
    "best_of": (None, 1),
    "echo": (None, False),
    "reasoning_effort": (None, "none"),
    "verbosity": (None,),
    "web_search_options": (None,),
}
_KNOWN = SAMPLING | _USED | WITHOUT_EFFECT | _NEUTRAL.keys()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked request; None: the client did not say, so the model's own setting counts.

    `sampling`: what the client said of it, by the names of `Sampling`. `top_logprobs`: None for no
    log-probabilities. `trace`: return a trace, too. `top_k`, `min_p` and `repetition_penalty` are no fields
    of OpenAI's API; vLLM and llama.cpp have them.
    """

    model: str
    messages: tuple[Message, ...]
    n: int
    max_tokens: int | None
    sampling: dict[str, Any]
    logit_bias: tuple[tuple[int, float], ...]
    top_logprobs: int | None
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool
    trace: bool


def parse(body: Mapping[str, Any]) -> ChatRequest:
    """Check a JSON body. Raises ApiError 400 with the field, what was expected and what was found."""
    for name, neutral in _NEUTRAL.items():
        if not is_one_of(body.get(name), neutral):
            raise unsupported(name)
    for name in body.keys() - _KNOWN:
        raise unknown(name, _KNOWN)
    stream = flag(body, "stream")
    return ChatRequest(
        model=model(body),
        messages=_messages(body.get("messages")),
        n=whole(body, "n", 1, 128) or 1,
        max_tokens=_max_tokens(body),
        sampling=sampling(body),
        logit_bias=logit_bias(body.get("logit_bias")),
        top_logprobs=_top_logprobs(body),
        stop=stop(body.get("stop")),
        stream=stream,
        include_usage=include_usage(body, stream),
        trace=_trace(body.get("glaswerk")),
    )


def _top_logprobs(body: Mapping[str, Any]) -> int | None:
    wanted, count = flag(body, "logprobs"), whole(body, "top_logprobs", 0, 20)
    if count and not wanted:
        raise wrong("top_logprobs", "is allowed only if logprobs is true")
    return (count or 0) if wanted else None


def trace_header(value: str | None) -> bool:
    """Whether the header x-glaswerk-trace is "true". Raises ApiError 400 for a value that is not a flag."""
    if value is not None and value.strip().lower() not in ("true", "false"):
        raise wrong("x-glaswerk-trace", f"must be true or false, found {show(value)}")
    return value is not None and value.strip().lower() == "true"


def _trace(value: Any) -> bool:
    """Whether the field `glaswerk`, which other servers ignore, requests a trace."""
    if value is None:
        return False
    if not isinstance(value, dict) or value.keys() - {"trace"}:
        raise wrong("glaswerk", f'must be an object like {{"trace": true}}, found {show(value)}')
    return flag(value, "trace")


def _messages(value: Any) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise wrong("messages", f"must be a list of at least one message, found {show(value)}")
    return tuple(_message(item, f"messages[{i}]") for i, item in enumerate(value))


def _message(item: Any, where: str) -> Message:
    if not isinstance(item, dict):
        raise wrong(where, f'must be an object like {{"role": "user", "content": "…"}}, found {show(item)}')
    role = item.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise wrong(f"{where}.role", f"must be one of {', '.join(_ROLES)}, found {show(role)}")
    return Message(role=_ROLES[role], content=_content(item.get("content"), f"{where}.content"))


def _content(value: Any, where: str) -> str:
    if isinstance(value, str):
        return valid_unicode(value, where)
    if not isinstance(value, list) or not value:
        raise wrong(where, f"must be text or a list of text parts, found {show(value)}")
    return "".join(_part(part, f"{where}[{i}]") for i, part in enumerate(value))


def _part(part: Any, where: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind != "text" or not isinstance(part.get("text"), str):
        raise wrong(where, 'must be {"type": "text", "text": "…"}: this model reads text only')
    return valid_unicode(part["text"], where)


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    newer = whole(body, "max_completion_tokens", 1, 2**31)
    older = whole(body, "max_tokens", 1, 2**31)
    return older if newer is None else newer
