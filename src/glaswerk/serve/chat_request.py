"""A chat completion request in OpenAI's format, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from glaswerk.core.document import Message
from glaswerk.serve.errors import ApiError
from glaswerk.serve.request_body import valid_unicode

_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_SEED_LIMIT = 2**63
_USED = {
    *("model", "messages", "max_tokens", "max_completion_tokens", "temperature", "top_p", "stop", "seed"),
    *("stream", "stream_options", "n", "glaswerk", "top_k", "min_p", "repetition_penalty"),
    *("frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "top_logprobs"),
}
# Fields of OpenAI's API without effect on the words of an answer: accounts, caches, billing.
_WITHOUT_EFFECT = {
    *("user", "safety_identifier", "metadata", "store", "service_tier", "prompt_cache_key"),
    *("prompt_cache_retention", "parallel_tool_calls", "prediction"),
}
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
_KNOWN = _USED | _WITHOUT_EFFECT | _NEUTRAL.keys()


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
        if not _is_one_of(body.get(name), neutral):
            raise _wrong(name, "is not supported by this server; leave it out", code="unsupported_parameter")
    for name in body.keys() - _KNOWN:
        raise _unknown(name)
    stream = _flag(body, "stream")
    return ChatRequest(
        model=_model(body),
        messages=_messages(body.get("messages")),
        n=_whole(body, "n", 1, 128) or 1,
        max_tokens=_max_tokens(body),
        sampling=_sampling(body),
        logit_bias=_logit_bias(body.get("logit_bias")),
        top_logprobs=_top_logprobs(body),
        stop=_stop(body.get("stop")),
        stream=stream,
        include_usage=_include_usage(body, stream),
        trace=_trace(body.get("glaswerk")),
    )


def _sampling(body: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "temperature": _number(body, "temperature", 0, 2),
        "top_p": _number(body, "top_p", 0, 1, above=True),
        "top_k": _top_k(body),
        "min_p": _number(body, "min_p", 0, 1),
        "repetition_penalty": _number(body, "repetition_penalty", 0.1, 10),
        "frequency_penalty": _number(body, "frequency_penalty", -2, 2),
        "presence_penalty": _number(body, "presence_penalty", -2, 2),
        "seed": _whole(body, "seed", -_SEED_LIMIT, _SEED_LIMIT - 1),
    }


def _logit_bias(value: Any) -> tuple[tuple[int, float], ...]:
    """Token ids as decimal text, biases from -100 to 100. The vocabulary is not known here."""
    if value is None:
        return ()
    if not isinstance(value, dict) or len(value) > 1024:
        raise _wrong("logit_bias", f"must be an object of up to 1,024 token ids, found {_show(value)}")
    for token, bias in value.items():
        if not (token.isascii() and token.isdecimal() and len(token) <= 9):
            raise _wrong("logit_bias", f"must have token ids as its names, found {_show(token)}")
        _number(value, token, -100, 100)
        if bias is None:
            raise _wrong("logit_bias", "must have a number from -100 to 100 for each id, found nothing")
    return tuple((int(token), float(bias)) for token, bias in value.items())


def _top_logprobs(body: Mapping[str, Any]) -> int | None:
    wanted, count = _flag(body, "logprobs"), _whole(body, "top_logprobs", 0, 20)
    if count and not wanted:
        raise _wrong("top_logprobs", "is allowed only if logprobs is true")
    return (count or 0) if wanted else None


def trace_header(value: str | None) -> bool:
    """Whether the header x-glaswerk-trace is "true". Raises ApiError 400 for a value that is not a flag."""
    if value is not None and value.strip().lower() not in ("true", "false"):
        raise _wrong("x-glaswerk-trace", f"must be true or false, found {_show(value)}")
    return value is not None and value.strip().lower() == "true"


def _trace(value: Any) -> bool:
    """Whether the field `glaswerk`, which other servers ignore, requests a trace."""
    if value is None:
        return False
    if not isinstance(value, dict) or value.keys() - {"trace"}:
        raise _wrong("glaswerk", f'must be an object like {{"trace": true}}, found {_show(value)}')
    return _flag(value, "trace")


def _wrong(param: str, message: str, *, code: str = "invalid_value") -> ApiError:
    return ApiError(400, f"{param} {message}", param=param, code=code)


def _is_one_of(value: Any, neutral: tuple[Any, ...]) -> bool:
    """Whether a value has no effect; `true` is not the number 1, though Python finds them equal."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in neutral)


def _unknown(name: str) -> ApiError:
    shown = _shortened(name)
    near = get_close_matches(shown, _KNOWN, n=1)
    question = f"; did you mean {near[0]}?" if near else "; leave it out"
    return _wrong(shown, f"is no field that this server knows{question}", code="unknown_parameter")


def _model(body: Mapping[str, Any]) -> str:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise _wrong("model", f"must be the id of a model (see GET /v1/models), found {_show(model)}")
    return model


def _messages(value: Any) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise _wrong("messages", f"must be a list of at least one message, found {_show(value)}")
    return tuple(_message(item, f"messages[{i}]") for i, item in enumerate(value))


def _message(item: Any, where: str) -> Message:
    if not isinstance(item, dict):
        raise _wrong(where, f'must be an object like {{"role": "user", "content": "…"}}, found {_show(item)}')
    role = item.get("role")
    if not isinstance(role, str) or role not in _ROLES:
        raise _wrong(f"{where}.role", f"must be one of {', '.join(_ROLES)}, found {_show(role)}")
    return Message(role=_ROLES[role], content=_content(item.get("content"), f"{where}.content"))


def _content(value: Any, where: str) -> str:
    if isinstance(value, str):
        return valid_unicode(value, where)
    if not isinstance(value, list) or not value:
        raise _wrong(where, f"must be text or a list of text parts, found {_show(value)}")
    return "".join(_part(part, f"{where}[{i}]") for i, part in enumerate(value))


def _part(part: Any, where: str) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind != "text" or not isinstance(part.get("text"), str):
        raise _wrong(where, 'must be {"type": "text", "text": "…"}: this model reads text only')
    return valid_unicode(part["text"], where)


def _max_tokens(body: Mapping[str, Any]) -> int | None:
    newer = _whole(body, "max_completion_tokens", 1, 2**31)
    older = _whole(body, "max_tokens", 1, 2**31)
    return older if newer is None else newer


def _top_k(body: Mapping[str, Any]) -> int | None:
    """0 and -1 both mean all tokens, as in vLLM."""
    found = _whole(body, "top_k", -1, 2**31)
    return 0 if found == -1 else found


def _stop(value: Any) -> tuple[str, ...]:
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(stops, list) or len(stops) > 4 or not all(isinstance(s, str) and s for s in stops):
        raise _wrong("stop", f"must be a text or a list of up to 4 texts, none empty, found {_show(value)}")
    return tuple(valid_unicode(stop, "stop") for stop in stops)


def _include_usage(body: Mapping[str, Any], stream: bool) -> bool:
    options = body.get("stream_options")
    if options is None:
        return False
    if not stream:
        raise _wrong("stream_options", "is allowed only if stream is true")
    if not isinstance(options, dict):
        raise _wrong("stream_options", f"must be an object, found {_show(options)}")
    return _flag(options, "include_usage")


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise _wrong(name, f"must be true or false, found {_show(value)}")
    return bool(value)


def _number(
    body: Mapping[str, Any], name: str, low: float, high: float, *, above: bool = False
) -> float | None:
    value = body.get(name)
    if value is None:
        return None
    known = isinstance(value, int | float) and not isinstance(value, bool)
    # NaN, which json.loads accepts, fails this comparison, too.
    if not known or not low <= value <= high or (above and value == low):
        bound = f"above {low} and up to {high}" if above else f"from {low} to {high}"
        raise _wrong(name, f"must be a number {bound}, found {_show(value)}")
    return float(value)


def _whole(body: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise _wrong(name, f"must be a whole number from {low} to {high}, found {_show(value)}")
    return value


def _show(value: Any) -> str:
    if value is None:
        return "nothing"
    # A number of a million digits is valid JSON but does not belong in an error message.
    text = repr(value) if not isinstance(value, int) or abs(value) < 2**128 else "a huge number"
    return _shortened(text)


def _shortened(text: str) -> str:
    """At most 60 characters that have a UTF-8 encoding."""
    return (text if len(text) <= 60 else text[:57] + "…").encode(errors="replace").decode()
