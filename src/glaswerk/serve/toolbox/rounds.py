"""An answer in rounds: the model calls tools, this server makes the calls, and the model reads on.

What a tool gives is content. It goes to the model as the answer of a tool, cut and without marks of a chat
template (`tools/output.py`); nothing in it is parsed, followed or run here. Only the model's own calls are
made, and those that a person must agree to wait for that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.serve.answering import Answer, Question, Step
from glaswerk.serve.answering.parts import Part, ToolPart
from glaswerk.serve.chat_parts.turns import add_call
from glaswerk.serve.errors import ApiError
from glaswerk.serve.toolbox.approvals import Pending, Waiting
from glaswerk.serve.toolbox.guarded import Guarded
from glaswerk.tools import Outcome, Tool
from glaswerk.tools.arguments import fault, read
from glaswerk.tools.output import failure, shortened

# Characters of a tool's output below which it is not shortened further.
_SHORTEST = 100
_REFUSED = "The user did not allow this call. Do not make it again."
Start = Callable[[Question], Awaitable[Answer]]
# Keeps calls that wait: the messages since the question, the calls; an id for each.
Keep = Callable[[Sequence[Message], Sequence[Pending]], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Of one answer: rounds in which the model may call, and calls."""

    rounds: int = 5
    calls: int = 16


class Claim(Protocol):
    """What is kept of a turn whose calls waited."""

    async def take(self) -> None:
        """Take it: its calls will be made. Raises ApiError if somebody else did."""

    async def give_back(self, outcomes: Sequence[Mapping[str, Any]]) -> None:
        """Keep it with what its calls gave."""


@dataclass(slots=True)
class Resumed:
    """A turn whose calls waited, and for each whether a person agreed to it."""

    waiting: Waiting
    agreed: Sequence[bool]
    claim: Claim


@dataclass(slots=True)
class _Sum:
    prompt: int = 0
    cached: int = 0
    completion: int = 0
    thought: int = 0


class RoundsAnswer:
    """See `Answer`. tools: by what the model calls them; other calls are the client's, and end the answer."""

    def __init__(
        self,
        start: Start,
        asked: Question,
        tools: Mapping[str, Tool],
        keep: Keep,
        bounds: Bounds | None = None,
        resumed: Resumed | None = None,
    ) -> None:
        self._start, self._asked, self._tools, self._keep = start, asked, tools, keep
        self._bounds, self._resumed = bounds or Bounds(), resumed
        self._turns: list[Message] = list(resumed.waiting.turns) if resumed else []
        self._inner: Answer | None = None
        self._before, self._parts = _Sum(), list[Part]()
        self._round = self._calls = 0
        self._stopped = self._spoken = False
        self._finish: str | None = None

    async def open(self) -> None:
        """Start the first round. Raises ApiError as `Answerer.start`; without it, the first step does."""
        if self._resumed is None:
            await self._begin()

    async def _begin(self) -> None:
        last = self._round >= self._bounds.rounds or self._calls >= self._bounds.calls
        tools = self._asked.tools
        if last or self._round or self._resumed:
            # A call that was required has been made; with `none` the model must answer.
            tools = replace(tools, choice="none" if last else "auto" if tools.offered else "none")
        name = self._asked.id if self._round == 0 else f"{self._asked.id}-r{self._round + 1}"
        self._round += 1
        while self._inner is None:
            messages = [*self._asked.messages, *self._turns]
            try:
                self._inner = await self._start(replace(self._asked, id=name, messages=messages, tools=tools))
            except ApiError as error:
                if error.code != "context_length_exceeded" or not self._shorten():
                    raise

    def _shorten(self) -> bool:
        """Halve the longest output that the model reads, for a short context; False if none is long."""
        places = [i for i, turn in enumerate(self._turns) if turn["role"] == "tool"]
        place = max(places, key=lambda i: len(str(self._turns[i]["content"])), default=-1)
        text = str(self._turns[place]["content"]) if places else ""
        if len(text) < 2 * _SHORTEST:
            return False
        cut = {**self._turns[place], "content": shortened(text, len(text) // 2)}
        self._turns[place] = cast(Message, cut)
        return True

    async def steps(self) -> AsyncIterator[Step]:
        """See `Answer`."""
        if self._resumed is not None:
            await self._resumed.claim.take()
            async for step in self._resume(self._resumed):
                yield step
        try:
            async for step in self._rounds():
                yield step
        except (ApiError, GlaswerkError):
            if self._resumed is not None and not self._spoken:
                made = [part for part in self._parts if isinstance(part, ToolPart)]
                await self._resumed.claim.give_back([part.to_json() for part in made])
            raise

    async def _rounds(self) -> AsyncIterator[Step]:
        while not self._stopped:
            if self._inner is None:
                await self._begin()
            made: list[Part] = []
            async for step in self._told(made):
                yield step
            if not made or self._stopped:
                self._finish = self._inner.finish if self._inner else None
                return
            open_calls = self._called_by_client()
            async for step in self._make(made):
                yield step
            if self._finish is not None or open_calls:
                self._finish = self._finish or "stop"
                return
            self._add_up()

    async def _told(self, made: list[Part]) -> AsyncIterator[Step]:
        """What the model says in one round; `made` gets the calls of our tools."""
        assert self._inner is not None, "it was begun"
        # Of each part of the model's, ours: its text is guarded once the output of a tool was read.
        own: dict[int, tuple[Part, Guarded | None]] = {}
        async for step in self._inner.steps():
            self._spoken = True
            pieces = []
            for part, added in step.pieces:
                if part.kind == "call" and part.name in self._tools:
                    if not any(part is one for one in made):
                        made.append(part)
                    continue
                if id(part) not in own:
                    pieces += _ended(own)
                    own[id(part)] = self._own(part)
                shown, guard = own[id(part)]
                pieces.append((shown, _added(shown, guard, added)))
            if pieces or step.logprobs:
                yield Step(pieces, step.logprobs)
        if pieces := _ended(own):
            yield Step(pieces)

    def _own(self, part: Part) -> tuple[Part, Guarded | None]:
        guarded = part.kind == "text" and any(turn["role"] == "tool" for turn in self._turns)
        if not guarded:
            self._parts.append(part)
            return part, None
        made = Part("text")
        self._parts.append(made)
        return made, Guarded([*self._asked.messages, *self._turns])

    async def _make(self, made: Sequence[Part]) -> AsyncIterator[Step]:
        """Make the calls of a round; those that a person must agree to are kept, and end the answer."""
        self._say(made)
        waiting: list[ToolPart] = []
        for call in made:
            part = self._tool_part(call.id, call.name, call.text)
            if self._must_wait(call):
                part.status = "pending"
                waiting.append(part)
                continue
            yield Step([(part, part.text)])
            await self._run(part)
            yield Step([(part, "")])
        if waiting:
            calls = [Pending(part.id, part.called, part.text, part.server, part.name) for part in waiting]
            for part, name in zip(waiting, await self._keep(self._turns, calls), strict=False):
                part.approval = name
                yield Step([(part, part.text)])
            self._finish = "stop"

    async def _resume(self, resumed: Resumed) -> AsyncIterator[Step]:
        made = {str(one["approval"]): one for one in resumed.waiting.outcomes}
        for i, call in enumerate(resumed.waiting.calls):
            part = self._tool_part(call.id, self._name_of(call), call.arguments)
            part.approval = call.approval
            yield Step([(part, part.text)])
            if before := made.get(call.approval):
                # The model failed after it: a call is made once, whatever is said of it now.
                failed = before["status"] == "failed"
                self._end(part, Outcome(str(before["output"]), failed, int(before["left_out"])))
            elif resumed.agreed[i]:
                await self._run(part)
            else:
                self._end(part, failure(_REFUSED))
            yield Step([(part, "")])

    def _name_of(self, call: Pending) -> str:
        """What the model calls that tool now: its name hangs on the other tools of a request."""
        fits = (n for n, t in self._tools.items() if (t.server, t.called) == (call.server, call.own))
        return next(fits, call.tool if call.tool not in self._tools else f"{call.server}/{call.own}")

    def _must_wait(self, call: Part) -> bool:
        """Whether a person must agree; a call that would fail anyhow bothers nobody."""
        tool = self._tools[call.name]
        return tool.asks and not _problem(tool, call.text)

    def _tool_part(self, name: str, called: str, arguments: str) -> ToolPart:
        tool = self._tools.get(called)
        own, server = (tool.called, tool.server) if tool else (called, "")
        part = ToolPart("tool", arguments, name, own, server=server, called=called)
        self._parts.append(part)
        return part

    async def _run(self, part: ToolPart) -> None:
        self._calls += 1
        tool = self._tools.get(part.called)
        if tool is None:
            self._end(part, failure(f"the tool {part.called[:80]!r} is not there any more"))
        elif self._calls > self._bounds.calls:
            self._end(part, failure(f"expected up to {self._bounds.calls} calls in one answer, found more"))
        elif problem := _problem(tool, part.text):
            self._end(part, failure(problem))
        else:
            arguments = read(part.text)
            self._end(part, await tool.run(arguments if isinstance(arguments, dict) else {}))

    def _end(self, part: ToolPart, found: Outcome) -> None:
        part.output, part.left_out = found.text, found.left_out
        part.status = "failed" if found.failed else "completed"
        text = f"Error: {found.text}" if found.failed else found.text
        answer = {"role": "tool", "content": text, "tool_call_id": part.id, "name": part.called}
        self._turns.append(cast(Message, answer))

    def _say(self, made: Sequence[Part]) -> None:
        """The model's own turn: what it said in this round, and its calls of our tools."""
        assert self._inner is not None, "it has spoken"
        text = "".join(part.text for part in self._inner.parts if part.kind == "text")
        turn: dict[str, Any] = {"role": "assistant", "content": text}
        spoken = [cast(Message, turn)]
        for part in made:
            # What is no object of whole characters stays the text that the model wrote.
            arguments = read(part.text)
            add_call(spoken, part.id, part.name, arguments if isinstance(arguments, dict) else part.text)
        self._turns += spoken

    def _called_by_client(self) -> bool:
        assert self._inner is not None, "it has spoken"
        return any(part.kind == "call" and part.name not in self._tools for part in self._inner.parts)

    def _add_up(self) -> None:
        """Count what a round used, which is over."""
        prompt, cached, completion = self.counts
        self._before = _Sum(prompt, cached, completion, self.thought)
        self._inner = None

    @property
    def turns(self) -> Sequence[Message]:
        """The messages since the question: the model's calls, and what the tools answered."""
        return self._turns

    @property
    def counts(self) -> tuple[int, int, int]:
        """See `Answer`: the sum of all rounds."""
        now = self._inner.counts if self._inner else (0, 0, 0)
        before = self._before
        return before.prompt + now[0], before.cached + now[1], before.completion + now[2]

    @property
    def thought(self) -> int:
        """See `Answer`."""
        return self._before.thought + (self._inner.thought if self._inner else 0)

    @property
    def finish(self) -> str | None:
        """See `Answer`."""
        return self._finish

    @property
    def parts(self) -> Sequence[Part]:
        """See `Answer`. Calls that this server made are `ToolPart`s."""
        return self._parts

    @property
    def extra(self) -> Mapping[str, Any]:
        """See `Answer`."""
        return self._inner.extra if self._inner else {}

    @property
    def called(self) -> bool:
        """See `Answer`: whether calls wait for the client."""
        return any(part.kind == "call" for part in self._parts)

    @property
    def stopped_by(self) -> str | None:
        """See `Answer`."""
        return self._inner.stopped_by if self._inner else None

    def stop(self) -> None:
        """See `Answer`."""
        self._stopped = True
        if self._inner is not None:
            self._inner.stop()


def _added(part: Part, guard: Guarded | None, text: str) -> str:
    if guard is None:
        return text
    shown = guard.feed(text)
    part.text += shown
    return shown


def _ended(own: Mapping[int, tuple[Part, Guarded | None]]) -> list[tuple[Part, str]]:
    """What is held back of the last part, which is over."""
    part, guard = list(own.values())[-1] if own else (None, None)
    if part is None or guard is None or not (rest := guard.end()):
        return []
    part.text += rest
    return [(part, rest)]


def _problem(tool: Tool, arguments: str) -> str:
    found = read(arguments)
    return found if isinstance(found, str) else fault(found, tool.parameters)
