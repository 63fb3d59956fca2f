"""Continuous batching: jobs join and leave a running batch at every step."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from glaswerk.infer.engines.draws import Draws, draw
from glaswerk.infer.engines.fair_queue import FairQueue
from glaswerk.infer.engines.job import Emission, Finish, Job, Token
from glaswerk.infer.engines.network import Network, Row


@dataclass(eq=False, slots=True)
class Running:
    """A job and how far it is: `pending` are the ids that its network has not seen."""

    job: Job
    draws: Draws
    row: Row | None = None
    pending: list[int] = field(default_factory=list)
    cached: int | None = None
    _gone: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """End before the next step."""
        self._gone.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody called `cancel`."""
        return self._gone.is_set()


class Batcher:
    """Advances all jobs of one network a token at a time; call `step` until it returns false.

    slots: jobs that run at once; more wait. Places go evenly to those who ask: where one has many and another
    waits with fewer, the newest job of the one pauses. chunk: tokens of prompts that are read between two
    steps of the running answers, so that a long prompt does not stall them; prompts take turns. `add` and
    `cancel` are safe from any thread; `step` belongs to one.
    """

    def __init__(self, network: Network, *, slots: int = 64, chunk: int = 256) -> None:
        self._network, self._slots, self._chunk = network, slots, chunk
        self._arrived: deque[Running] = deque()
        self._waiting: FairQueue[Running] = FairQueue()
        self._reading: list[Running] = []
        self._writing: list[Running] = []

    @property
    def load(self) -> tuple[int, int]:
        """Number of jobs that run and that wait."""
        return len(self._reading) + len(self._writing), len(self._arrived) + len(self._waiting)

    def add(self, job: Job) -> Running:
        """Queue a job."""
        running = Running(job, Draws(job))
        self._arrived.append(running)
        return running

    def step(self) -> bool:
        """Admit, write one token a job, read a piece of the waiting prompts; false if nothing was to do."""
        self._drop_cancelled()
        self._admit()
        if not (self._reading or self._writing):
            return False
        if self._writing:
            self._advance(self._writing, [running.pending for running in self._writing])
        if self._reading:
            part = self._next_to_read()
            self._advance(part, [running.pending[: self._chunk] for running in part])
            # To the end: a short prompt does not wait for a long one.
            self._reading.sort(key=part.__contains__)
        return True

    def run(self, jobs: Iterable[Job]) -> None:
        """Add jobs and step until all jobs are done."""
        for job in jobs:
            self.add(job)
        while self.step():
            pass

    def end_all(self, finish: Finish = "cancelled", error: Exception | None = None) -> None:
        """End every job, running or waiting."""
        self._sort_arrived()
        for running in [*self._waiting, *self._reading, *self._writing]:
            self._end(running, (), finish, error)

    def _drop_cancelled(self) -> None:
        self._sort_arrived()
        everybody = (*self._waiting, *self._reading, *self._writing)
        for running in [running for running in everybody if running.cancelled]:
            self._end(running, (), "cancelled")

    def _sort_arrived(self) -> None:
        while self._arrived:
            running = self._arrived.popleft()
            self._waiting.put(running.job.owner, running)

    def _admit(self) -> None:
        while (owner := self._waiting.next()) is not None:
            running = self._waiting.head(owner)
            if not (self._has_room(running.job) or self._make_room(running.job)):
                return
            self._waiting.remove(owner, running)
            self._waiting.started(owner)
            self._open(running)

    def _open(self, running: Running) -> None:
        ids = [*running.job.prompt, *running.draws.answer]
        running.row = self._network.open(ids, running.job.adapter)
        known = len(running.row.ids)
        running.cached = known if running.cached is None else running.cached
        running.pending = ids[known:]
        self._reading.append(running)

    def _has_room(self, job: Job) -> bool:
        if len(self._reading) + len(self._writing) >= self._slots:
            return False
        return self._network.fits(len(job.prompt) + job.max_tokens)

    def _make_room(self, job: Job) -> bool:
        """Whether there is room after jobs of those who have more places paused."""
        while True:
            running = [*self._reading, *self._writing]
            richest = self._waiting.above(job.owner, [each.job.owner for each in running])
            if richest is None:
                return False
            self._pause(next(each for each in reversed(running) if each.job.owner == richest))
            if self._has_room(job):
                return True

    def _pause(self, running: Running) -> None:
        """Its row is closed, so that what was computed may still be there when it goes on."""
        self._stop(running)
        self._waiting.put(running.job.owner, running, first=True)

    def _next_to_read(self) -> list[Running]:
        """The first prompt, and those after it that fill the chunk with it at little padding."""
        part, longest = self._reading[:1], min(self._chunk, len(self._reading[0].pending))
        for running in self._reading[1:]:
            size = min(self._chunk, len(running.pending))
            longest = max(longest, size)
            if longest * (len(part) + 1) > self._chunk or 2 * size < longest:
                break
            part.append(running)
        return part

    def _advance(self, part: list[Running], pieces: Sequence[Sequence[int]]) -> None:
        part = list(part)
        logits = self._network.advance([_row(running) for running in part], pieces)
        done = []
        for i, (running, piece) in enumerate(zip(part, pieces, strict=True)):
            running.pending = running.pending[len(piece) :]
            if not running.pending:
                done.append(i)
        drawing = [part[i] for i in done]
        if not drawing:
            return
        chosen = logits if len(done) == len(part) else logits[done]
        for running, token in zip(drawing, draw(chosen, [r.draws for r in drawing]), strict=True):
            self._take(running, token)

    def _take(self, running: Running, token: Token) -> None:
        answer = running.draws.answer
        answer.append(token.id)
        running.pending = [token.id]
        if running in self._reading:
            self._reading.remove(running)
            self._writing.append(running)
        grammar = running.job.grammar
        more = grammar is None or grammar.accept(token.id)
        if grammar is not None and grammar.error is not None:
            self._end(running, (token,), "error", grammar.error)
        elif token.id in running.job.ends or not more:
            self._end(running, (token,), "stop")
        elif len(answer) >= running.job.max_tokens:
            self._end(running, (token,), "length")
        else:
            running.job.listen(Emission((token,), cached=running.cached or 0))

    def _end(
        self, running: Running, tokens: tuple[Token, ...], finish: Finish, error: Exception | None = None
    ) -> None:
        if running.row is None:
            self._waiting.remove(running.job.owner, running)
        else:
            self._stop(running)
        running.job.listen(Emission(tokens, finish, error, running.cached or 0))

    def _stop(self, running: Running) -> None:
        (self._reading if running in self._reading else self._writing).remove(running)
        self._network.close(_row(running))
        running.row = None
        self._waiting.ended(running.job.owner)


def _row(running: Running) -> Row:
    assert running.row is not None, "an admitted job has a row"
    return running.row
