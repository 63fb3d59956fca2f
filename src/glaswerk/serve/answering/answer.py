"""What answers to messages and who writes them have in common, for models here and at other servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.requests import Request

from glaswerk.core.document import Message
from glaswerk.serve.accounts.account import Account
from glaswerk.serve.answering.parts import Part
from glaswerk.serve.chat_parts.answer_form import Form
from glaswerk.serve.chat_parts.prompt import Places
from glaswerk.serve.chat_parts.tools import NO_TOOLS, Tools
from glaswerk.serve.pool import unless_disconnected

NOTHING_OURS: Mapping[str, Any] = {}
_PLACES = Places("input", "text.format", "reasoning.effort")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: `sampling` by the names of `Sampling`; None of `max_tokens`: the server's own number.

    tools, form: what the answer may or must call, and the form of its text. places: the fields of the
    request, for errors. effort: how hard to think, None for what the model does by itself. later: nobody
    waits for its first word. ours: the request's field `glaswerk`. kept: a field that no ground allows,
    such as one that stores the answer, "" for none. continues: the answer goes on
    with the last message, an assistant's.
    """

    id: str
    endpoint: str
    model: str
    messages: Sequence[Message]
    max_tokens: int | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    top_logprobs: int | None = None
    shorten: bool = False
    tools: Tools = NO_TOOLS
    form: Form | None = None
    places: Places = _PLACES
    effort: str | None = None
    later: bool = False
    ours: Mapping[str, Any] | None = None
    kept: str = ""
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What was added to an answer: pieces of its parts, and log-probabilities where they were asked for."""

    pieces: Sequence[tuple[Part, str]]
    logprobs: Sequence[Mapping[str, Any]] = ()


class Answer(Protocol):
    """One answer as it is written."""

    @property
    def thought(self) -> int:
        """Tokens of thoughts, among those of the answer."""

    @property
    def finish(self) -> str | None:
        """Why it ended, "stop" after calls, too; None while it has not."""

    @property
    def parts(self) -> Sequence[Part]:
        """What it is made of so far."""

    @property
    def called(self) -> bool:
        """Whether it ended with calls, which wait for what the tools answer."""

    @property
    def counts(self) -> tuple[int, int, int]:
        """Tokens of the prompt, those of them that were known, and of the answer so far."""

    @property
    def stopped_by(self) -> str | None:
        """The stop string that ended it, if one did."""

    @property
    def extra(self) -> Mapping[str, Any]:
        """What is ours of it so far, for the field `glaswerk`: its ground. {} for an answer without one."""

    def steps(self) -> AsyncIterator[Step]:
        """Every step. The usage is recorded before the last one is given, or before the end of the steps."""

    def stop(self) -> None:
        """End it if it still runs. Safe to call again."""


class NoAnswer:
    """An answer without a word, that costs nothing: see `Answer`."""

    finish: str | None = "stop"
    stopped_by: str | None = None
    parts: Sequence[Part] = ()
    counts, thought, called = (0, 0, 0), 0, False
    extra: Mapping[str, Any] = NOTHING_OURS

    async def steps(self) -> AsyncIterator[Step]:
        """None."""
        return
        yield Step(())

    def stop(self) -> None:
        """Nothing runs."""


class Answerer(Protocol):
    """Starts answers of one model. exact: whether `tokens` counts, or estimates."""

    exact: bool

    @property
    def context(self) -> int:
        """Tokens that the model reads. Raises ApiError 400 where that is not known."""

    def sampling(self, asked: Mapping[str, Any]) -> tuple[float, float]:
        """(temperature, top_p) of an answer to which this is asked."""

    def tokens(self, asked: Question) -> int:
        """Tokens of the prompt of a question. Not for the event loop. Raises ApiError 400 as `start`."""

    async def start(self, asked: Question, account: Account, request: Request | None = None) -> Answer:
        """Start an answer. Raises ApiError 400 for a prompt that is too long, 403 and 429 for limits.

        request: whose client may leave meanwhile.
        """


class Answerers:
    """Finds who answers for a model. default: the name of the model of requests that name none."""

    def __init__(
        self,
        here: Answerer,
        check: Callable[[str], None],
        default: Callable[[], str],
        elsewhere: Callable[[str, Account], Awaitable[Answerer | None]],
        over: Callable[[str, Answerer], Answerer],
    ) -> None:
        """check: raises ApiError 404 for a model that is not here; elsewhere: for one at another server.

        over: puts a ground below the answers of a model.
        """
        self._here, self._check, self._default, self._elsewhere = here, check, default, elsewhere
        self._over = over

    async def of(self, model: str | None, account: Account) -> Answerer:
        """Who answers for a model, without a name for the default one. Raises ApiError 404, 403, 503."""
        name = model or self._default()
        if (found := await self._elsewhere(name, account)) is not None:
            return self._over(name, found)
        self._check(name)
        return self._over(name, self._here)


async def read_through(events: AsyncIterator[Any], answer: Answer, request: Request | None) -> None:
    """Wait for the end of an answer's events, or until the client of `request` has left."""

    async def work() -> None:
        try:
            async for _ in events:
                pass
        finally:
            answer.stop()

    await (work() if request is None else unless_disconnected(request, work()))
