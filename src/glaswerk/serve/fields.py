"""Fields that requests of several endpoints share, checked one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any

from glaswerk.serve.errors import ApiError
from glaswerk.serve.request_body import valid_unicode

_SEED_LIMIT = 2**63
# Fields of OpenAI's API without effect on the words of an answer: accounts, caches, billing.
WITHOUT_EFFECT = frozenset(
    {
        *("user", "safety_identifier", "metadata", "store", "service_tier", "prompt_cache_key"),
        *("prompt_cache_retention", "prompt_cache_options", "prediction"),
    }
)
# Fields that `sampling` and its neighbours read.
SAMPLING = frozenset(
    {
        *("model", "max_tokens", "temperature", "top_p", "stop", "seed", "stream", "stream_options", "n"),
        *("top_k", "min_p", "repetition_penalty", "frequency_penalty", "presence_penalty", "logit_bias"),
    }
)


def sampling(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the client said of sampling, by the names of `Sampling`; None: nothing."""
    return {
        "temperature": number(body, "temperature", 0, 2),
        "top_p": number(body, "top_p", 0, 1, above=True),
        "top_k": _top_k(body),
        "min_p": number(body, "min_p", 0, 1),
        "repetition_penalty": number(body, "repetition_penalty", 0.1, 10),
        "frequency_penalty": number(body, "frequency_penalty", -2, 2),
        "presence_penalty": number(body, "presence_penalty", -2, 2),
        "seed": whole(body, "seed", -_SEED_LIMIT, _SEED_LIMIT - 1),
    }


def logit_bias(value: Any) -> tuple[tuple[int, float], ...]:
    """Token ids as decimal text, biases from -100 to 100. The vocabulary is not known here."""
    if value is None:
        return ()
    if not isinstance(value, dict) or len(value) > 1024:
        raise wrong("logit_bias", f"must be an object of up to 1,024 token ids, found {show(value)}")
    for token, bias in value.items():
        if not (token.isascii() and token.isdecimal() and len(token) <= 9):
            raise wrong("logit_bias", f"must have token ids as its names, found {show(token)}")
        _check_bias(token, bias)
    return tuple((int(token), float(bias)) for token, bias in value.items())


def _check_bias(token: str, bias: Any) -> None:
    known = isinstance(bias, int | float) and not isinstance(bias, bool)
    if not known or not -100 <= bias <= 100:
        found = f"{show(bias)} for {token}"
        raise wrong("logit_bias", f"must have a number from -100 to 100 for each id, found {found}")


def wrong(param: str, message: str, *, code: str = "invalid_value") -> ApiError:
    """The error for a field that is not as expected."""
    return ApiError(400, f"{param} {message}", param=param, code=code)


def is_one_of(value: Any, neutral: tuple[Any, ...]) -> bool:
    """Whether a value has no effect; `true` is not the number 1, though Python finds them equal."""
    return any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in neutral)


def unknown(name: str, known: Collection[str]) -> ApiError:
    """The error for a field that is none of `known`."""
    shown = shortened(name)
    near = get_close_matches(shown, known, n=1)
    question = f"; did you mean {near[0]}?" if near else "; leave it out"
    return wrong(shown, f"is no field that this server knows{question}", code="unknown_parameter")


def unsupported(name: str, why: str = "is not supported by this server; leave it out") -> ApiError:
    """The error for a field of OpenAI's API that would change the answer and cannot be kept."""
    return wrong(name, why, code="unsupported_parameter")


def model(body: Mapping[str, Any]) -> str:
    """The id of a model. Raises ApiError 400 without one."""
    found = body.get("model")
    if not isinstance(found, str) or not found:
        raise wrong("model", f"must be the id of a model (see GET /v1/models), found {show(found)}")
    return valid_unicode(found, "model")


def _top_k(body: Mapping[str, Any]) -> int | None:
    """0 and -1 both mean all tokens, as in vLLM."""
    found = whole(body, "top_k", -1, 2**31)
    return 0 if found == -1 else found


def stop(value: Any) -> tuple[str, ...]:
    """Up to four texts that end the answer."""
    stops = [value] if isinstance(value, str) else [] if value is None else value
    if not isinstance(stops, list) or len(stops) > 4 or not all(isinstance(s, str) and s for s in stops):
        raise wrong("stop", f"must be a text or a list of up to 4 texts, none empty, found {show(value)}")
    return tuple(valid_unicode(text, "stop") for text in stops)


def include_usage(body: Mapping[str, Any], stream: bool) -> bool:
    """Whether the last chunk of a stream counts tokens."""
    options = body.get("stream_options")
    if options is None:
        return False
    if not stream:
        raise wrong("stream_options", "is allowed only if stream is true")
    if not isinstance(options, dict):
        raise wrong("stream_options", f"must be an object, found {show(options)}")
    return flag(options, "include_usage")


def flag(body: Mapping[str, Any], name: str) -> bool:
    """A field that is true or false; false if it is left out."""
    value = body.get(name)
    if value is not None and not isinstance(value, bool):
        raise wrong(name, f"must be true or false, found {show(value)}")
    return bool(value)


def number(
    body: Mapping[str, Any], name: str, low: float, high: float, *, above: bool = False
) -> float | None:
    """A number within bounds, None if it is left out. above: `low` itself is outside."""
    value = body.get(name)
    if value is None:
        return None
    known = isinstance(value, int | float) and not isinstance(value, bool)
    # NaN, which json.loads accepts, fails this comparison, too.
    if not known or not low <= value <= high or (above and value == low):
        bound = f"above {low} and up to {high}" if above else f"from {low} to {high}"
        raise wrong(name, f"must be a number {bound}, found {show(value)}")
    return float(value)


def whole(body: Mapping[str, Any], name: str, low: int, high: int) -> int | None:
    """A whole number within bounds, None if it is left out."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise wrong(name, f"must be a whole number from {low} to {high}, found {show(value)}")
    return value


def show(value: Any) -> str:
    """A value for an error message."""
    if value is None:
        return "nothing"
    # A number of a million digits is valid JSON but does not belong in an error message.
    if isinstance(value, int) and abs(value) >= 2**128:
        return "a huge number"
    try:
        return shortened(repr(value))
    except (RecursionError, ValueError):  # lists in lists, or a huge number inside
        return f"a {type(value).__name__} that is too deep or too large to show"


def shortened(text: str) -> str:
    """At most 60 characters that have a UTF-8 encoding."""
    return (text if len(text) <= 60 else text[:57] + "…").encode(errors="replace").decode()
