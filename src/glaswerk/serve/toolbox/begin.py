"""Begin an answer in rounds for a client: whose it is, what it agreed to, where its calls wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from starlette.requests import Request

from glaswerk.core.document import Message
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.answering import Answer, Answerer, Question
from glaswerk.serve.toolbox.approvals import Approvals, Pending
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
    """The answer, not yet opened. Raises ApiError as `Approvals.taken`."""
    resumed = None
    if client.words:
        taken = await approvals.taken(client.project, asked.messages, client.words, client.param)
        resumed = Resumed(*taken)

    async def start(question: Question) -> Answer:
        # An idempotency key is of the whole answer: it is the first round's.
        account = client.account if question.id == asked.id else replace(client.account, once=None)
        return await answerer.start(question, account, client.request)

    async def keep(turns: Sequence[Message], calls: Sequence[Pending]) -> Sequence[str]:
        return await approvals.keep(client.project, asked.messages, turns, calls)

    return RoundsAnswer(start, asked, tools, keep, bounds, resumed)
