"""A completion request in OpenAI's format, checked field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glaswerk.serve import fields
from glaswerk.serve.fields import is_one_of, show, unsupported, wrong
from glaswerk.serve.request_body import valid_unicode

# Of one request, over all its prompts.
MOST_CHOICES = 2048
_USED = {"prompt", "echo", "logprobs", "best_of", "suffix"}
_NEUTRAL: dict[str, tuple[Any, ...]] = {
    "suffix": (None, ""),
    "typical_p": (None, 1),
    "min_tokens": (None, 0),
    "ignore_eos": (None, False),
    "use_beam_search": (None, False),
}
_KNOWN = fields.SAMPLING | fields.WITHOUT_EFFECT | _USED | _NEUTRAL.keys()


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """A checked request.

    prompts: texts or lists of token ids. logprobs: None for none, else how many of the likeliest tokens to
    name. max_tokens: 0 for none, which is of use with `echo`.
    """

    model: str
    prompts: tuple[str | tuple[int, ...], ...]
    n: int
    max_tokens: int
    echo: bool
    logprobs: int | None
    sampling: dict[str, Any]
    logit_bias: tuple[tuple[int, float], ...]
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool


def parse(body: Mapping[str, Any]) -> CompletionRequest:
    """Check a JSON body. Raises ApiError 400 with the field, what was expected and what was found."""
    for name, neutral in _NEUTRAL.items():
        if not is_one_of(body.get(name), neutral):
            raise unsupported(name)
    for name in body.keys() - _KNOWN:
        raise fields.unknown(name, _KNOWN)
    stream, max_tokens = fields.flag(body, "stream"), fields.whole(body, "max_tokens", 0, 2**31)
    prompts = _prompts(body.get("prompt"))
    return CompletionRequest(
        model=fields.model(body),
        prompts=prompts,
        n=_choices(body, len(prompts)),
        max_tokens=16 if max_tokens is None else max_tokens,
        echo=fields.flag(body, "echo"),
        logprobs=fields.whole(body, "logprobs", 0, 5),
        sampling=fields.sampling(body),
        logit_bias=fields.logit_bias(body.get("logit_bias")),
        stop=fields.stop(body.get("stop")),
        stream=stream,
        include_usage=fields.include_usage(body, stream),
    )


def _choices(body: Mapping[str, Any], prompts: int) -> int:
    count = fields.whole(body, "n", 1, 128) or 1
    best = body.get("best_of")
    if not is_one_of(best, (None, 1, count)) or (best == 1 and count > 1):
        raise unsupported("best_of", f"must be left out or equal n, {count}; found {show(best)}")
    if prompts * count > MOST_CHOICES:
        message = f"must have up to {MOST_CHOICES:,} prompts times n, found {prompts:,} times {count}"
        raise wrong("prompt", message)
    return count


def _prompts(value: Any) -> tuple[str | tuple[int, ...], ...]:
    """A text, a list of texts, a list of token ids or a list of lists of token ids."""
    if isinstance(value, str):
        return (valid_unicode(value, "prompt"),)
    if not isinstance(value, list) or not value:
        message = f"must be a text, a list of texts, token ids or a list of those, found {show(value)}"
        raise wrong("prompt", message)
    if isinstance(value[0], int):
        return (_ids(value, "prompt"),)
    if isinstance(value[0], list):
        return tuple(_ids(item, f"prompt[{i}]") for i, item in enumerate(value))
    return tuple(_text(item, f"prompt[{i}]") for i, item in enumerate(value))


def _ids(value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or not value:
        raise wrong(where, f"must be a list of at least one token id, found {show(value)}")
    for item in value:
        if not isinstance(item, int) or isinstance(item, bool) or not 0 <= item < 2**31:
            raise wrong(where, f"must hold token ids, found {show(item)}")
    return tuple(value)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise wrong(where, f"must be a text like the first prompt, found {show(value)}")
    return valid_unicode(value, where)
