"""The choices of one request while engines write them, read with `async for`."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines import Emission, Job, Ticket, Token, TokenEngine
from glaswerk.infer.engines.job import Finish
from glaswerk.serve.errors import ApiError
from glaswerk.serve.observed.meter import SILENT, Meter

# Seconds between two pieces of a stream, at least: below the time of one picture on a screen.
_PAUSE = 0.01


@dataclass(frozen=True, slots=True)
class Piece:
    """What was added to a choice: text, the tokens that it is from, and at the end why it ended."""

    index: int
    text: str
    tokens: tuple[Token, ...] = ()
    finish: Finish | None = None


class Generation:
    """Jobs of one request over an engine. Must be made in an event loop; `stop` ends all jobs.

    Emissions arrive from the engine's thread; the loop is woken once for all that arrived meanwhile, and no
    more often than every 10 ms after the first: what is written faster than anyone reads is sent together.
    `prompt_tokens` is the prompt's length, which all choices share; `cached_tokens` of it were known.
    `generated` counts the engine's tokens, read or not; `engine` is theirs.
    """

    def __init__(
        self,
        engine: TokenEngine,
        jobs: Sequence[Job],
        texts: Sequence[AnswerText],
        on_end: Callable[[Generation], None] = lambda _: None,
        meter: Meter = SILENT,
    ) -> None:
        self.engine = engine
        self._loop = asyncio.get_running_loop()
        self._texts, self._on_end = list(texts), on_end
        self._arrived: deque[tuple[int, Emission]] = deque()
        self._ready: deque[tuple[int, Emission]] = deque()
        self._wake = asyncio.Event()
        self._woken, self._next_wake = False, 0.0
        self._live = len(jobs)
        self._unread = len(jobs)
        self.prompt_tokens, self.cached_tokens = len(jobs[0].prompt), 0
        self.cut_short = False
        self.generated = 0
        self._meter, self._last, self._begun = meter, [time.perf_counter()] * len(jobs), [False] * len(jobs)
        self._tickets: list[Ticket] = [
            engine.submit(replace(job, listen=partial(self._hear, i))) for i, job in enumerate(jobs)
        ]

    @property
    def completion_tokens(self) -> int:
        """Tokens of all choices so far."""
        return sum(text.tokens for text in self._texts)

    def stop(self) -> None:
        """End what still runs. Safe to call again or after the end."""
        self.cut_short = self.cut_short or self._unread > 0
        for ticket in self._tickets:
            ticket.cancel()

    def __aiter__(self) -> Generation:
        return self

    async def __anext__(self) -> Piece:
        """The next piece. Raises what an engine raised."""
        while True:
            while self._arrived or self._ready:
                piece = self._piece(*self._first())
                if piece is not None:
                    return piece
            if self._unread == 0:
                raise StopAsyncIteration
            self._wake.clear()
            self._woken = False
            # What arrived between the last look and the line above wakes nobody.
            if not self._arrived:
                await self._wake.wait()

    def _first(self) -> tuple[int, Emission]:
        """Of what arrived, all that belongs to the choice that has waited longest."""
        if not self._ready:
            found, errors = dict[int, Emission](), []
            while self._arrived:
                index, emission = self._arrived.popleft()
                if emission.error is not None:
                    errors.append((index, emission))
                else:
                    found[index] = found[index].then(emission) if index in found else emission
            self._ready.extend([*found.items(), *errors])
        return self._ready.popleft()

    def _piece(self, index: int, emission: Emission) -> Piece | None:
        text = self._texts[index]
        if text.finish is not None:
            return None
        before = text.tokens
        added = text.feed(emission)
        if text.finish == "cancelled" and not self.cut_short:
            raise ApiError(503, "the model is being unloaded; try again shortly", code="model_unloaded")
        if text.finish is not None:
            self._unread -= 1
            # A stop string ends the text; the engine does not know of it.
            if emission.finish is None:
                self._tickets[index].cancel()
        used = emission.tokens[: text.tokens - before]
        if not (added or text.finish or used):
            return None
        return Piece(index, added, used, text.finish)

    def _hear(self, index: int, emission: Emission) -> None:
        """Called in the engine's thread."""
        self._arrived.append((index, emission))
        self.cached_tokens = max(self.cached_tokens, emission.cached)
        self.generated += len(emission.tokens)
        if emission.tokens:
            self._measure(index, len(emission.tokens))
        if emission.finish is not None:
            self._live -= 1
        now = time.perf_counter()
        if self._live == 0 or emission.finish or not (self._woken or now < self._next_wake):
            self._woken, self._next_wake = True, now + _PAUSE
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._told)

    def _measure(self, index: int, count: int) -> None:
        now = time.perf_counter()
        since, self._last[index] = now - self._last[index], now
        if self._begun[index]:
            self._meter.next_tokens(since, count)
        else:
            self._begun[index] = True
            self._meter.first_token(since)

    def _told(self) -> None:
        self._wake.set()
        if self._live == 0:
            self._on_end(self)
