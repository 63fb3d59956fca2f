"""A chat completion request in OpenAI's format, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.core.document import Message
from glaswerk.infer.grammar import GrammarSource
from glaswerk.serve.chat_parts.answer_form import answer_form
from glaswerk.serve.chat_parts.messages import messages
from glaswerk.serve.chat_parts.prompt import EFFORTS, Wishes
from glaswerk.serve.chat_parts.tools import Tools, tools
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

_USED = {
    *("messages", "max_completion_tokens", "glaswerk", "logprobs", "top_logprobs", "parallel_tool_calls"),
    *("tools", "tool_choice", "functions", "function_call", "response_format", "reasoning_effort"),
    *("continue_final_message", "add_generation_prompt", "chat_template_kwargs", "modalities", "audio"),
}
# Variables of chat templates that a request has fields for.
_OWN_VARIABLES = {"messages", "tools", "add_generation_prompt", "documents"}
# Unsupported fields that would change the answer, with the values that have no effect. Any other field is
# refused: a sampling setting that is not applied must not seem to be.
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "typical_p": (None, 1),
    "min_tokens": (None, 0),
    "ignore_eos": (None, False),
    "best_of": (None, 1),
    "echo": (None, False),
    "verbosity": (None,),
    "web_search_options": (None,),
}
_KNOWN = SAMPLING | _USED | WITHOUT_EFFECT | _NEUTRAL.keys()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A checked request; None: the client did not say, so the model's own setting counts.

    `sampling`: what the client said of it, by the names of `Sampling`. `top_logprobs`: None for no
    log-probabilities. `trace`: return a trace, too. `form`: what `response_format` asks for. `top_k`, `min_p`
    and `repetition_penalty` are no fields of OpenAI's API; vLLM and llama.cpp have them.
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
    tools: Tools
    form: GrammarSource | None
    wishes: Wishes


def parse(body: Mapping[str, Any]) -> ChatRequest:
    """Check a JSON body. Raises ApiError 400 with the field, what was expected and what was found."""
    for name, neutral in _NEUTRAL.items():
        if not is_one_of(body.get(name), neutral):
            raise unsupported(name)
    for name in body.keys() - _KNOWN:
        raise unknown(name, _KNOWN)
    _text_only(body)
    stream, found, form = flag(body, "stream"), tools(body), answer_form(body.get("response_format"))
    if form is not None and found.choice == "required":
        raise unsupported("response_format", "is not supported where a tool must be called; leave it out")
    return ChatRequest(
        model=model(body),
        messages=messages(body.get("messages")),
        n=whole(body, "n", 1, 128) or 1,
        max_tokens=_max_tokens(body),
        sampling=sampling(body),
        logit_bias=logit_bias(body.get("logit_bias")),
        top_logprobs=_top_logprobs(body),
        stop=stop(body.get("stop")),
        stream=stream,
        include_usage=include_usage(body, stream),
        trace=_trace(body.get("glaswerk")),
        tools=found,
        form=form,
        wishes=_wishes(body),
    )


def _wishes(body: Mapping[str, Any]) -> Wishes:
    effort = body.get("reasoning_effort")
    if effort is not None and effort not in EFFORTS:
        raise wrong("reasoning_effort", f"must be one of {', '.join(EFFORTS)}, found {show(effort)}")
    continues = flag(body, "continue_final_message")
    opening = body.get("add_generation_prompt") is None or flag(body, "add_generation_prompt")
    if continues:
        _check_continued(body)
    return Wishes(effort, opening, continues, _variables(body.get("chat_template_kwargs")))


def _check_continued(body: Mapping[str, Any]) -> None:
    if body.get("add_generation_prompt"):
        raise wrong("continue_final_message", "is allowed only if add_generation_prompt is not true")
    last = body["messages"][-1]
    if last.get("role") != "assistant" or not last.get("content") or last.get("tool_calls"):
        raise wrong("continue_final_message", "is allowed only if the last message is an assistant's text")


def _variables(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    plain = isinstance(value, dict) and all(isinstance(v, bool | str | int | float) for v in value.values())
    if not plain or len(value) > 16 or not value.keys().isdisjoint(_OWN_VARIABLES):
        found = show(value)
        raise wrong(
            "chat_template_kwargs", f"must be an object of up to 16 texts, numbers or flags, found {found}"
        )
    for name, own in value.items():
        for text in (name, own):
            if isinstance(text, str):
                valid_unicode(text, "chat_template_kwargs")
    return dict(value)


def _text_only(body: Mapping[str, Any]) -> None:
    """`audio` says how to speak, which has no effect on an answer that is text."""
    if body.get("modalities") not in (None, ["text"]):
        raise unsupported("modalities", f'must be ["text"], found {show(body["modalities"])}')


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


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    newer = whole(body, "max_completion_tokens", 1, 2**31)
    older = whole(body, "max_tokens", 1, 2**31)
    return older if newer is None else newer
