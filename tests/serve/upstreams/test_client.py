"""An upstream that stalls or dies in the middle of its answer is an error in words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from glaswerk.serve.accounts.account import Usage
from glaswerk.serve.errors import ApiError
from glaswerk.serve.upstreams.answer import UpstreamAnswer
from glaswerk.serve.upstreams.client import UpstreamClient
from glaswerk.serve.upstreams.counts import Counting
from glaswerk.serve.upstreams.reading import Reading
from glaswerk.serve.upstreams.settings import Upstream
from tests.serve.conftest import Running
from tests.serve.upstreams.scripted import Scripted


async def _read(url: str, model: str, seen: Callable[[UpstreamAnswer], None]) -> list[tuple[Any, ...]]:
    """The ends that were recorded for an answer of a model."""
    ends: list[tuple[Any, ...]] = []

    async def write(counts: Any) -> None:
        ends.append(counts)

    upstream = Upstream("other", f"{url}/v1", models=(model,))
    client = UpstreamClient(upstream, times=httpx.Timeout(0.5))
    reading = Reading("other", Counting(7), logprobs=False)
    body = {"model": model, "messages": []}
    answer = UpstreamAnswer(client, body, reading, Usage(write, ends.append), lambda _: None)
    try:
        async for _ in answer.steps():
            seen(answer)
    finally:
        answer.stop()
        await client.close()
    return ends


@pytest.mark.parametrize(("model", "status"), [("stalls", 504), ("dies", 502)])
def test_an_answer_that_does_not_go_on_is_an_error(
    other: tuple[Scripted, Running], scripted: Scripted, model: str, status: int
) -> None:
    with pytest.raises(ApiError, match="upstream other") as found:
        asyncio.run(_read(other[1].url, model, lambda _: None))
    assert found.value.status == status
    if model == "stalls":
        assert scripted.left.wait(20)


def test_an_answer_that_is_stopped_ends_without_an_error_and_counts_what_it_used(
    other: tuple[Scripted, Running], scripted: Scripted
) -> None:
    ends = asyncio.run(_read(other[1].url, "endless", lambda answer: answer.stop()))
    assert ends[0][0] == 7
    assert ends[0][2] > 0
    assert ends[0][3] == "cut"
    assert scripted.left.wait(20)
