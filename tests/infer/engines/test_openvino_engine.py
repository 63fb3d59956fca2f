"""OpenVINO writes what torch writes: alone, together, after a cancel, with every setting of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
from heard import Heard
from open_models import write_open_model

from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Engine
from glaswerk.infer.engines import Job
from glaswerk.infer.engines.batcher import Batcher
from glaswerk.infer.engines.block_cache import BLOCK
from glaswerk.infer.engines.choice import choose_engine, trial
from glaswerk.infer.engines.network import network_of
from glaswerk.infer.engines.weight_loss import weight_loss
from glaswerk.infer.sampling import Sampling
from glaswerk.lab import Artifact
from glaswerk.model import load

pytest.importorskip("openvino", reason="pip install -e '.[openvino]'")

from glaswerk.infer.engines.openvino_engine import OpenVinoEngine
from glaswerk.infer.engines.openvino_network import OpenVinoNetwork

GREEDY = Sampling(0.0)


@lru_cache
def _engine(folder: Path) -> Engine:
    return Engine.load(folder)


@lru_cache
def _network(folder: Path) -> OpenVinoNetwork:
    engine = _engine(folder)
    return OpenVinoNetwork(engine.model, engine.tokenizer.vocab_size)


@pytest.fixture
def engine(chat_model: Artifact) -> Engine:
    return _engine(chat_model.path)


@pytest.fixture
def network(chat_model: Artifact) -> OpenVinoNetwork:
    return _network(chat_model.path)


@pytest.fixture
def running(network: OpenVinoNetwork) -> Iterator[OpenVinoEngine]:
    made = OpenVinoEngine(network, slots=4)
    yield made
    made.close()


def answers(network: Any, jobs: Sequence[Job]) -> list[Heard]:
    heard = [Heard() for _ in jobs]
    Batcher(network).run(replace(job, listen=own) for job, own in zip(jobs, heard, strict=True))
    return heard


def of_torch(engine: Engine, jobs: Sequence[Job]) -> list[Heard]:
    return answers(network_of(engine.model, engine.tokenizer.vocab_size, together=True), jobs)


def prompts(count: int, *, shared: int = 0) -> list[list[int]]:
    head = [(13 * i + 5) % 200 for i in range(shared)]
    return [head + [(7 * i + 31 * n) % 200 for i in range(5 + 9 * n)] for n in range(count)]


def test_many_rows_get_the_greedy_tokens_that_torch_gives(engine: Engine, network: OpenVinoNetwork) -> None:
    jobs = [Job(prompt, 12 + i, GREEDY) for i, prompt in enumerate(prompts(9))]
    ours, theirs = answers(network, jobs), of_torch(engine, jobs)
    assert [own.ids for own in ours] == [own.ids for own in theirs]
    assert {own.finish for own in ours} == {"length"}


@pytest.mark.parametrize("shared", [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 9])
def test_shared_beginnings_are_read_once_and_change_nothing(
    engine: Engine, network: OpenVinoNetwork, shared: int
) -> None:
    jobs = [Job(prompt, 8, GREEDY) for prompt in prompts(3, shared=shared)]
    first = answers(network, jobs[:1])
    later = answers(network, jobs[1:])
    assert [own.ids for own in (*first, *later)] == [own.ids for own in of_torch(engine, jobs)]
    assert all(own.emissions[0].cached >= shared for own in later)


@pytest.mark.parametrize(
    "job",
    [
        Job([5, 6, 7], 20, Sampling(1.2, seed=3), top=4),
        Job([5, 6, 7], 20, Sampling(0.9, top_p=0.8, top_k=40, min_p=0.01, seed=4)),
        Job(
            [5, 6, 7], 20, Sampling(0.0, repetition_penalty=1.3, frequency_penalty=0.5, presence_penalty=0.2)
        ),
        Job([5, 6, 7], 6, GREEDY, logit_bias=((42, 100.0),)),
    ],
    ids=["seed-and-log-probabilities", "filters", "penalties", "bias"],
)
def test_every_setting_does_what_it_does_in_torch(engine: Engine, network: OpenVinoNetwork, job: Job) -> None:
    beside = [Job(prompt, 20, Sampling(1.5, seed=9)) for prompt in prompts(5)]
    ours, theirs = answers(network, [job, *beside])[0], of_torch(engine, [job])[0]
    assert ours.ids == theirs.ids
    for own, other in zip(ours.tokens, theirs.tokens, strict=True):
        assert own.log_probability == pytest.approx(other.log_probability, abs=1e-4)
        assert [i for i, _ in own.top] == [i for i, _ in other.top]


def test_an_end_token_ends_a_job(engine: Engine, network: OpenVinoNetwork) -> None:
    free = answers(network, [Job([5, 6, 7], 8, GREEDY)])[0].ids
    (heard,) = answers(network, [Job([5, 6, 7], 8, GREEDY, ends=frozenset({free[3]}))])
    assert (heard.ids, heard.finish) == (free[: free.index(free[3]) + 1], "stop")


def test_a_cancelled_job_makes_room_for_the_next(network: OpenVinoNetwork) -> None:
    engine = OpenVinoEngine(network, slots=1)
    long, short = Heard(), Heard()
    ticket = engine.submit(Job([5, 6, 7], 200, GREEDY, listen=long))
    engine.submit(Job([8, 9], 2, GREEDY, listen=short))
    assert long.some.wait(60)
    ticket.cancel()
    assert short.done.wait(60)
    assert (long.finish, short.finish) == ("cancelled", "length")
    assert len(long.ids) < 200
    engine.close()


def test_close_ends_what_runs_and_nothing_is_taken_afterwards(network: OpenVinoNetwork) -> None:
    engine, heard = OpenVinoEngine(network), Heard()
    engine.submit(Job([5, 6, 7], 200, GREEDY, listen=heard))
    engine.close()
    assert heard.finish == "cancelled"
    with pytest.raises(GlaswerkError, match="closed"):
        engine.submit(Job([5], 1, GREEDY))


def test_a_job_longer_than_the_context_is_refused_with_its_size(running: OpenVinoEngine) -> None:
    with pytest.raises(GlaswerkError, match="256 tokens, found 200 and 100"):
        running.submit(Job([1] * 200, 100, GREEDY))


def test_rows_wait_while_the_blocks_are_taken_and_all_come_to_their_turn(engine: Engine) -> None:
    small = OpenVinoNetwork(engine.model, engine.tokenizer.vocab_size, limit=1)
    jobs = [Job(prompt, 40, GREEDY) for prompt in prompts(12)]
    found = answers(small, jobs)
    assert [own.ids for own in found] == [own.ids for own in of_torch(engine, jobs)]


@pytest.mark.parametrize("family", ["llama", "mistral", "qwen2", "qwen3"])
def test_families_that_openvino_knows_agree_with_torch(family: str, tmp_path: Path) -> None:
    choice = choose_engine(load(write_open_model(tmp_path, family)), 600, threads=1)
    choice.engine.close()
    assert choice.engine.name == "openvino", choice.why


@pytest.mark.parametrize(
    ("family", "reason"), [("gemma3_text", "family gemma3_text"), ("gpt2", "family gpt2")]
)
def test_a_family_that_openvino_does_not_know_runs_in_torch_and_says_why(
    family: str, reason: str, tmp_path: Path
) -> None:
    choice = choose_engine(load(write_open_model(tmp_path, family)), 600, wanted="openvino", threads=1)
    choice.engine.close()
    assert choice.engine.name == "torch"
    assert reason in choice.why


def test_torch_can_be_asked_for_by_name(engine: Engine) -> None:
    choice = choose_engine(engine.model, engine.tokenizer.vocab_size, wanted="torch", threads=1)
    choice.engine.close()
    assert (choice.engine.name, choice.why) == ("torch", "torch is what was asked for")


def test_the_model_of_the_town_runs_in_openvino(engine: Engine) -> None:
    choice = choose_engine(engine.model, engine.tokenizer.vocab_size, threads=1)
    choice.engine.close()
    assert choice.engine.name == "openvino", choice.why


@pytest.mark.parametrize(("name", "value"), [("wanted", "vulkan"), ("weights", "int3")])
def test_an_unknown_name_is_refused_with_those_that_exist(engine: Engine, name: str, value: str) -> None:
    asked: dict[str, Any] = {name: value}
    with pytest.raises(GlaswerkError, match=f"expected .* to be one of .*found '{value}'"):
        choose_engine(engine.model, engine.tokenizer.vocab_size, **asked)


@pytest.mark.parametrize(("weights", "worst"), [("int8", 0.05), ("int4", 0.8)])
def test_quantised_weights_say_what_they_lose(engine: Engine, weights: str, worst: float) -> None:
    text = engine.tokenizer.encode("The market in the old town opens at nine, and Tom sells bread there.")
    choice = choose_engine(
        engine.model, engine.tokenizer.vocab_size, weights=weights, texts=[text], threads=1
    )
    choice.engine.close()
    assert choice.engine.name == "openvino", choice.why
    assert choice.loss is not None
    assert 0 < choice.loss.difference < worst
    assert f"weights of {weights}" in choice.why
    assert f"{choice.loss.difference:.3g} nats" in choice.why


def test_the_loss_of_exact_weights_is_nothing(engine: Engine, network: OpenVinoNetwork) -> None:
    loss = weight_loss(engine.model, network, trial(network), lambda ids: len(ids))
    assert loss.difference < 1e-4
    assert loss.bits == pytest.approx(loss.bits_exact, abs=1e-4)
    assert torch.isfinite(torch.tensor(loss.bits))
