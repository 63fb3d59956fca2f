"""One choice of a chat completion while it is written: its text, its thoughts and its calls."""

from __future__ import annotations

from typing import Any

from glaswerk.serve.chat_parts.thoughts import Thoughts
from glaswerk.serve.chat_parts.tool_texts import Call, CallReader, Found


class Choice:
    """Takes the pieces of an answer and gives the deltas of its chunks; at the end it is a whole message.

    old: calls are written as `function_call`. `text`, `thoughts` and `finish` grow with the answer.
    """

    def __init__(
        self, reader: CallReader | None = None, thoughts: Thoughts | None = None, *, old: bool = False
    ) -> None:
        self._reader, self._parting, self._old = reader, thoughts, old
        self.text = self.thoughts = ""
        self.finish: str | None = None
        self.logprobs: dict[str, Any] | None = None
        self._calls: list[dict[str, Any]] = []

    @property
    def thinking(self) -> bool:
        """Whether the last piece was of its thoughts."""
        return self._parting is not None and self._parting.inside

    def feed(self, piece: str, finish: str | None) -> list[dict[str, Any]]:
        """The deltas of a piece; `finish`: why the answer ended with it."""
        deltas = self._parted(*(self._parting.feed(piece) if self._parting else ("", piece)))
        if finish is None:
            return deltas
        if self._parting:
            deltas += self._parted(*self._parting.end())
        if self._reader:
            deltas += self._found(self._reader.end())
        called = "function_call" if self._old else "tool_calls"
        self.finish = called if self._calls and finish == "stop" else finish
        return deltas

    def _parted(self, thought: str, answer: str) -> list[dict[str, Any]]:
        self.thoughts += thought
        deltas: list[dict[str, Any]] = [{"reasoning_content": thought}] if thought else []
        if self._reader is None:
            return deltas + self._found(Found(answer))
        return deltas + (self._found(self._reader.feed(answer)) if answer else [])

    def _found(self, found: Found) -> list[dict[str, Any]]:
        self.text += found.text
        text: list[dict[str, Any]] = [{"content": found.text}] if found.text else []
        return text + [self._call(call) for call in found.calls]

    def _call(self, call: Call) -> dict[str, Any]:
        function = {"arguments": call.arguments}
        if call.name:
            function = {"name": call.name, **function}
            self._calls.append({"id": call.id, "type": "function", "function": dict(function)})
        else:
            self._calls[call.index]["function"]["arguments"] += call.arguments
        if self._old:
            return {"function_call": function}
        head = {"id": call.id, "type": "function"} if call.name else {}
        return {"tool_calls": [{"index": call.index, **head, "function": function}]}

    def to_json(self, index: int) -> dict[str, Any]:
        """As a choice of a response that is not streamed."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": self.text if self.text or not self._calls else None,
            "refusal": None,
            "annotations": [],
        }
        if self.thoughts:
            message["reasoning_content"] = self.thoughts
        if self._calls and self._old:
            message["function_call"] = self._calls[0]["function"]
        elif self._calls:
            message["tool_calls"] = self._calls
        return {
            "index": index,
            "message": message,
            "logprobs": self.logprobs,
            "finish_reason": self.finish or "stop",
        }
