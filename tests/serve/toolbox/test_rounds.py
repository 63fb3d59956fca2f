"""Rounds beside a model whose context is short: what it reads of a tool's output becomes shorter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest

from glaswerk.serve.answering import Answer, Question, Step
from glaswerk.serve.answering.answer import NoAnswer
from glaswerk.serve.answering.parts import Part, ToolPart
from glaswerk.serve.errors import ApiError
from glaswerk.serve.toolbox.rounds import RoundsAnswer
from glaswerk.tools import Outcome, Tool

LONG = "The bridge is old. " * 100


class Said(NoAnswer):
    """An answer that is one part."""

    def __init__(self, part: Part) -> None:
        self.parts = [part]

    async def steps(self) -> AsyncIterator[Step]:
        yield Step([(self.parts[0], self.parts[0].text)])


class Reader:
    """A model that calls `look` once, and reads up to `most` characters."""

    def __init__(self, most: int) -> None:
        self.most, self.read = most, [""]

    async def start(self, asked: Question) -> Answer:
        outputs = [str(turn["content"]) for turn in asked.messages if turn["role"] == "tool"]
        if not outputs:
            return Said(Part("call", "{}", "call_1", "look"))
        if sum(map(len, outputs)) > self.most:
            raise ApiError(400, "too long", param="messages", code="context_length_exceeded")
        self.read = outputs
        return Said(Part("text", "It is old."))


def rounds(reader: Reader) -> RoundsAnswer:
    async def look(_: Mapping[str, Any]) -> Outcome:
        return Outcome(LONG)

    async def keep(*_: Any) -> list[str]:
        return []

    tool = Tool("look", "Looks.", {"type": "object", "properties": {}}, look)
    asked = Question(
        id="chatcmpl-1",
        endpoint="chat/completions",
        model="chat",
        messages=[{"role": "user", "content": "How is the bridge?"}],
    )
    return RoundsAnswer(reader.start, asked, {"look": tool}, keep)


async def through(answer: RoundsAnswer) -> None:
    async for _ in answer.steps():
        pass


@pytest.mark.parametrize("most", [1000, 300])
def test_an_output_is_shortened_until_it_fits_and_says_so(most: int) -> None:
    reader = Reader(most)
    answer = rounds(reader)
    asyncio.run(through(answer))
    call, text = answer.parts
    assert text.text == "It is old."
    assert isinstance(call, ToolPart)
    assert call.output == LONG  # what is shown to the reader is whole
    shown, _, said = reader.read[0].rpartition("\n")
    assert LONG.startswith(shown)
    assert most / 3 < len(reader.read[0]) <= most
    assert said == f"[{len(LONG) - len(shown):,} more characters are left out]"


def test_what_is_too_long_without_an_output_is_an_error() -> None:
    with pytest.raises(ApiError, match="too long"):
        asyncio.run(through(rounds(Reader(20))))
