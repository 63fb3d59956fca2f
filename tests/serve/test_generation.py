"""Generations over an engine in a thread: errors reach the reader, a stop ends the jobs, places come back."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass, field

import pytest

from glaswerk.infer.answer_text import AnswerText
from glaswerk.infer.engines import Emission, Job, Token
from glaswerk.infer.sampling import Sampling
from glaswerk.serve.errors import ApiError
from glaswerk.serve.generation import Generation
from glaswerk.serve.pool import Pool
from glaswerk.tokenizer import Tokenizer

JOB = Job([1, 2, 3], 8, Sampling(0.0))


@dataclass
class Script:
    """An engine that says what the test tells it to say, from a thread of its own."""

    name: str = "script"
    abilities: frozenset[str] = frozenset()
    jobs: list[Job] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)

    def submit(self, job: Job) -> _Ticket:
        self.jobs.append(job)
        return _Ticket(self, len(self.jobs) - 1)

    def say(self, index: int, *emissions: Emission) -> None:
        thread = threading.Thread(target=lambda: [self.jobs[index].listen(each) for each in emissions])
        thread.start()
        thread.join()

    def close(self) -> None:
        pass


@dataclass
class _Ticket:
    engine: Script
    index: int

    def cancel(self) -> None:
        if self.index not in self.engine.cancelled:
            self.engine.cancelled.append(self.index)
            self.engine.say(self.index, Emission((), "cancelled"))


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    from glaswerk.lab import Lab
    from glaswerk.tokenizer import train_tokenizer
    from glaswerk.tokenizer.training import TokenizerConfig

    from .conftest import make_corpus

    lab = Lab.init(tmp_path_factory.mktemp("words") / "lab", "test")
    make_corpus(lab)
    train_tokenizer(lab, TokenizerConfig(300))
    found = lab.find("tokenizer", "main")
    assert found is not None
    lab.ledger.close()
    return Tokenizer.load(found.path)


def said(tokenizer: Tokenizer, text: str, finish: str | None = None) -> Emission:
    return Emission(tuple(Token(i) for i in tokenizer.encode(text)), finish)  # type: ignore[arg-type]


def texts(tokenizer: Tokenizer, count: int = 1, stop: tuple[str, ...] = ()) -> list[AnswerText]:
    return [AnswerText(tokenizer, frozenset(), stop) for _ in range(count)]


async def read(generation: Generation) -> list[tuple[int, str, str | None]]:
    return [(piece.index, piece.text, piece.finish) async for piece in generation]


def test_pieces_come_by_choice_and_what_was_written_before_anyone_read_comes_together(
    tokenizer: Tokenizer,
) -> None:
    async def scene() -> list[tuple[int, str, str | None]]:
        engine, pool = Script(), Pool(8)
        generation = pool.start(engine, [JOB, JOB], texts(tokenizer, 2))
        engine.say(1, said(tokenizer, "one"), said(tokenizer, " two", "stop"))
        engine.say(0, said(tokenizer, "three", "length"))
        found = await read(generation)
        await asyncio.sleep(0)
        assert (pool.running, pool.stopped) == (0, 0)
        assert generation.completion_tokens == sum(
            len(tokenizer.encode(text)) for text in ("one", " two", "three")
        )
        return found

    assert asyncio.run(scene()) == [(1, "one two", "stop"), (0, "three", "length")]


def test_an_error_of_the_engine_reaches_the_reader(tokenizer: Tokenizer) -> None:
    async def scene() -> None:
        engine, pool = Script(), Pool(8)
        generation = pool.start(engine, [JOB], texts(tokenizer))
        engine.say(0, said(tokenizer, "a"), Emission((), "error", ValueError("broken on purpose")))
        assert (await anext(generation)).text == "a"
        with pytest.raises(ValueError, match="on purpose"):
            await anext(generation)

    asyncio.run(scene())


def test_a_stop_string_ends_its_job_in_the_engine_and_nothing_after_it_is_told(tokenizer: Tokenizer) -> None:
    async def scene() -> Script:
        engine, pool = Script(), Pool(8)
        generation = pool.start(engine, [JOB], texts(tokenizer, stop=("END",)))
        engine.say(0, said(tokenizer, "so END and more"), said(tokenizer, " and more"))
        assert await read(generation) == [(0, "so ", "stop")]
        return engine

    assert asyncio.run(scene()).cancelled == [0]


def test_stop_cancels_every_job_and_is_counted(tokenizer: Tokenizer) -> None:
    async def scene() -> tuple[int, int, list[int]]:
        engine, pool = Script(), Pool(8)
        generation = pool.start(engine, [JOB, JOB], texts(tokenizer, 2))
        engine.say(0, said(tokenizer, "a"))
        await anext(generation)
        generation.stop()
        generation.stop()
        await asyncio.sleep(0)
        return pool.running, pool.stopped, engine.cancelled

    assert asyncio.run(scene()) == (0, 1, [0, 1])


def test_an_engine_that_closes_ends_the_answer_with_an_error(tokenizer: Tokenizer) -> None:
    async def scene() -> None:
        engine, pool = Script(), Pool(8)
        generation = pool.start(engine, [JOB], texts(tokenizer))
        engine.say(0, Emission((), "cancelled"))
        with pytest.raises(ApiError, match="unloaded"):
            await anext(generation)

    asyncio.run(scene())


def test_more_jobs_than_may_run_and_wait_are_refused_and_one_request_alone_never(
    tokenizer: Tokenizer,
) -> None:
    async def scene() -> None:
        engine, pool = Script(), Pool(2)
        first = pool.start(engine, [JOB] * 3, texts(tokenizer, 3))
        with pytest.raises(ApiError) as refused:
            pool.start(engine, [JOB], texts(tokenizer))
        assert (refused.value.status, refused.value.code) == (429, "queue_full")
        first.stop()
        await asyncio.sleep(0)
        assert pool.start(engine, [JOB], texts(tokenizer))

    asyncio.run(scene())


def test_a_closed_pool_stops_what_runs(tokenizer: Tokenizer) -> None:
    async def scene() -> list[int]:
        engine, pool = Script(), Pool(8)
        pool.start(engine, [JOB], texts(tokenizer))
        pool.close()
        return engine.cancelled

    assert asyncio.run(scene()) == [0]
