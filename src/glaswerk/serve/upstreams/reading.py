"""Read the chunks of an upstream's chat completion as the parts of an answer. Nothing in them is believed."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from glaswerk.serve.answering import Step
from glaswerk.serve.answering.parts import Part, Parts
from glaswerk.serve.chat_parts.tool_texts import new_id
from glaswerk.serve.errors import ApiError
from glaswerk.serve.upstreams.counts import Counting

_FINISHES = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "error": "error",
    "abort": "error",
}
MOST_CALLS = 128
_LONGEST_NAME = 128
_MOST_LOGPROBS = 20


class Reading:
    """The first choice of one answer. name: of the upstream, for errors; stops: its stop strings.

    finish: why it ended, "stop" after calls, too; None while it has not.
    """

    def __init__(self, name: str, counting: Counting, stops: Collection[str] = (), *, logprobs: bool) -> None:
        self._name, self._stops, self._wanted, self.counting = name, stops, logprobs, counting
        self._parts, self._half = Parts(), ""
        # Of each call by its number: (its id there, its part).
        self._calls: dict[int, tuple[object, Part]] = {}
        self.finish: str | None = None
        self.stopped_by: str | None = None

    @property
    def parts(self) -> Sequence[Part]:
        """What it is made of so far."""
        return self._parts.found

    @property
    def text(self) -> str:
        """Its words, without thoughts and calls."""
        return "".join(part.text for part in self.parts if part.kind == "text")

    @property
    def called(self) -> bool:
        """Whether it ended with calls."""
        return self.finish == "stop" and any(part.kind == "call" for part in self.parts)

    def feed(self, chunk: Mapping[str, Any]) -> Step:
        """The next chunk, or a whole completion. Raises ApiError 502 for what is neither."""
        self.counting.says(chunk.get("usage"))
        choices = chunk.get("choices") or []
        if not isinstance(choices, list) or not all(isinstance(one, dict) for one in choices):
            raise self._failed("sent choices that are none")
        first = next((one for one in choices if one.get("index") in (None, 0)), None)
        if first is None:
            return Step(())
        pieces = list(self._pieces(first.get("delta") or first.get("message") or {}))
        self._end(first)
        return Step(pieces, list(_logprobs(first.get("logprobs"))) if self._wanted else ())

    def _pieces(self, delta: object) -> Iterator[tuple[Part, str]]:
        if not isinstance(delta, dict):
            raise self._failed("sent a piece of an answer that is none")
        # DeepSeek and vLLM say the first, OpenRouter and Ollama the second.
        if thought := self._text(delta.get("reasoning_content") or delta.get("reasoning")):
            yield self._parts.feed({"reasoning_content": thought})
        if text := self._joined(self._text(delta.get("content")) + self._text(delta.get("refusal"))):
            yield self._parts.feed({"content": text})
        calls = delta.get("tool_calls") or []
        if not isinstance(calls, list):
            raise self._failed("sent calls that are none")
        for call in calls:
            yield from self._call(call)

    def _text(self, value: object) -> str:
        """A text, or the texts of a list of parts."""
        if isinstance(value, list):
            value = "".join(str(part.get("text") or "") for part in value if isinstance(part, dict))
        if value is not None and not isinstance(value, str):
            raise self._failed("sent words that are no text")
        self.counting.wrote(value or "")
        return value or ""

    def _joined(self, text: str) -> str:
        """With halves of a character from two chunks put together; what has no other half is replaced."""
        if text.isascii() and not self._half:
            return text
        text, self._half = self._half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return whole_characters(text)

    def _call(self, call: object) -> Iterator[tuple[Part, str]]:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(call, dict) or not isinstance(function, dict):
            raise self._failed("sent a call that is none")
        number = call["index"] if type(call.get("index")) is int else len(self._calls)
        known, part = self._calls.get(number, (None, None))
        # Some servers number all calls 0, and give each an id.
        if part is None or call.get("id") not in (None, "", known):
            yield self._begun(number, call, function)
        elif part is not self.parts[-1]:
            raise self._failed("mixed up its calls")
        elif added := self._arguments(function):
            yield self._parts.feed({"tool_calls": [{"function": {"arguments": added}}]})

    def _begun(self, number: int, call: Mapping[str, Any], function: Mapping[str, Any]) -> tuple[Part, str]:
        name = function.get("name")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
            raise self._failed("sent a call without the name of its tool")
        if sum(part.kind == "call" for part in self.parts) >= MOST_CALLS:
            raise self._failed(f"sent more than {MOST_CALLS} calls")
        given = call.get("id")
        usable = isinstance(given, str) and 0 < len(given) <= 64 and given.isascii() and given.isprintable()
        head = {"id": given if usable else new_id()}
        body = {"name": name, "arguments": self._arguments(function)}
        part, added = self._parts.feed({"tool_calls": [{**head, "function": body}]})
        self._calls[number] = (given, part)
        return part, added

    def _arguments(self, function: Mapping[str, Any]) -> str:
        found = function.get("arguments")
        # Ollama's own form has an object.
        text = json.dumps(found, ensure_ascii=False) if isinstance(found, dict) else self._text(found)
        return whole_characters(text)

    def _end(self, choice: Mapping[str, Any]) -> None:
        reason = choice.get("finish_reason")
        if not isinstance(reason, str) or not reason:
            return
        self.finish = _FINISHES.get(reason, "stop")
        if self.finish == "error":
            raise self._failed("gave up this answer")
        # vLLM tells which stop string it was.
        stop = choice.get("stop_reason")
        if self.finish == "stop" and isinstance(stop, str) and stop in self._stops:
            self.stopped_by = stop

    def ended(self) -> None:
        """Nothing follows. Raises ApiError 502 if the answer is not whole."""
        if self.finish is None:
            raise self._failed("broke off before its answer was whole")

    def _failed(self, what: str) -> ApiError:
        return ApiError(502, f"the upstream {self._name} {what}", code="upstream_error")


def whole_characters(text: str) -> str:
    """`text` with halves of surrogate pairs joined, and single halves replaced: those have no UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _logprobs(found: object) -> Iterator[dict[str, Any]]:
    content = found.get("content") if isinstance(found, dict) else None
    for item in content if isinstance(content, list) else ():
        if (one := _logprob(item)) is not None:
            top = item.get("top_logprobs")
            others = map(_logprob, top[:_MOST_LOGPROBS]) if isinstance(top, list) else ()
            yield one | {"top_logprobs": [other for other in others if other is not None]}


def _logprob(item: object) -> dict[str, Any] | None:
    token, value = (item.get("token"), item.get("logprob")) if isinstance(item, dict) else (None, None)
    number = isinstance(value, int | float) and math.isfinite(value)
    if not isinstance(token, str) or not number:
        return None
    text = whole_characters(token)
    return {"token": text, "bytes": list(text.encode()), "logprob": value}
