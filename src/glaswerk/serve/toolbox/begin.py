"""Begin an answer in rounds for a client: whose it is, what it agreed to, where its calls wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request

from glaswerk.core.document import Message
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.answering import Answer, Answerer, Question
from glaswerk.serve.toolbox.approvals import Approvals, Pending, Waiting
from glaswerk.serve.toolbox.rounds import Bounds, Resumed, RoundsAnswer
from glaswerk.tools import Tool


@dataclass(frozen=True, slots=True)
class Client:
    """Who asks. words: about calls that wait, by the id of each. param: the field that has them."""

    project: str
    account: Account
    request: Request | None = None
    words: Mapping[str, bool] = field(default_factory=dict)
    param: str = ""


async def begin(
    answerer: Answerer,
    asked: Question,
    tools: Mapping[str, Tool],
    client: Client,
    approvals: Approvals,
    bounds: Bounds,
) -> RoundsAnswer:
    """The answer, not yet opened. Raises ApiError as `Approvals.found`."""
    resumed = None
    if client.words:
        found = await approvals.found(client.project, asked.messages, client.words, client.param)
        resumed = Resumed(*found, _Claim(approvals, client, found[0]))

    async def start(question: Question) -> Answer:
        # An idempotency key is of the whole answer: it is the first round's.
        account = client.account if question.id == asked.id else replace(client.account, once=None)
        return await answerer.start(question, account, client.request)

    async def keep(turns: Sequence[Message], calls: Sequence[Pending]) -> Sequence[str]:
        return await approvals.keep(client.project, asked.messages, turns, calls)

    return RoundsAnswer(start, asked, tools, keep, bounds, resumed)


class _Claim:
    """What is kept of one turn: taken before its calls are made, given back if the model then fails."""

    def __init__(self, approvals: Approvals, client: Client, waiting: Waiting) -> None:
        self._approvals, self._client, self._waiting = approvals, client, waiting
        self._taken: Mapping[str, Any] = {}

    async def take(self) -> None:
        client = self._client
        self._taken = await self._approvals.take(client.project, self._waiting, client.param)

    async def give_back(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        await self._approvals.give_back(self._client.project, self._taken, outcomes)
