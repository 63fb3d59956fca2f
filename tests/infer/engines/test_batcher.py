"""A batch gives every job what it would get alone; jobs come, go, wait and end without disturbing others."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import torch
from heard import Heard
from open_models import write_open_model

from glaswerk.infer import Engine
from glaswerk.infer.engines import Job
from glaswerk.infer.engines.batcher import Batcher
from glaswerk.infer.engines.network import RowNetwork, SlotNetwork, batches, network_of
from glaswerk.infer.sampling import Sampling
from glaswerk.lab import Artifact
from glaswerk.model import load

GREEDY = Sampling(0.0)


@lru_cache
def _engine(folder: Path) -> Engine:
    return Engine.load(folder)


@pytest.fixture
def engine(chat_model: Artifact) -> Engine:
    return _engine(chat_model.path)


def network(engine: Engine) -> Any:
    return network_of(engine.model, engine.tokenizer.vocab_size, together=True)


def prompts(engine: Engine, count: int, *, shared: int = 0, longest: int = 60) -> list[list[int]]:
    dice = random.Random(3)
    head = [dice.randrange(200) for _ in range(shared)]
    return [head + [dice.randrange(200) for _ in range(dice.randrange(1, longest))] for _ in range(count)]


def answers(batcher: Batcher, jobs: Sequence[Job]) -> list[Heard]:
    heard = [Heard() for _ in jobs]
    batcher.run(replace(job, listen=own.emissions.append) for job, own in zip(jobs, heard, strict=True))
    return heard


def alone(engine: Engine, job: Job) -> list[int]:
    (heard,) = answers(Batcher(network(engine)), [job])
    return heard.ids


@torch.inference_mode()
def greedy_of_transformers(engine: Engine, prompt: list[int], count: int) -> list[int]:
    ids = list(prompt)
    for _ in range(count):
        logits: Any = engine.model(input_ids=torch.tensor([ids]), use_cache=False).logits
        ids.append(int(logits[0, -1, : engine.tokenizer.vocab_size].argmax()))
    return ids[len(prompt) :]


@pytest.mark.parametrize("slots", [1, 3, 16])
@pytest.mark.parametrize("chunk", [7, 256])
def test_rows_of_many_lengths_get_what_transformers_gives_each_alone(
    engine: Engine, slots: int, chunk: int
) -> None:
    asked = prompts(engine, 9)
    jobs = [Job(prompt, 5 + i, GREEDY) for i, prompt in enumerate(asked)]
    found = answers(Batcher(network(engine), slots=slots, chunk=chunk), jobs)
    for i, (prompt, heard) in enumerate(zip(asked, found, strict=True)):
        assert heard.ids == greedy_of_transformers(engine, prompt, 5 + i)
        assert heard.finish == "length"


def test_a_seed_gives_the_same_tokens_whatever_runs_beside_it(engine: Engine) -> None:
    asked = prompts(engine, 8)
    jobs = [Job(prompt, 20, Sampling(1.2, seed=i)) for i, prompt in enumerate(asked)]
    together = [heard.ids for heard in answers(Batcher(network(engine)), jobs)]
    assert together == [alone(engine, job) for job in jobs]
    assert together[0] != alone(engine, replace(jobs[0], sampling=Sampling(1.2, seed=99)))


def test_a_beginning_that_was_read_before_is_not_read_again_and_changes_nothing(engine: Engine) -> None:
    first, second, third = prompts(engine, 3, shared=40)
    fresh = [alone(engine, Job(prompt, 6, GREEDY)) for prompt in (first, second, third)]
    batcher = Batcher(network(engine))
    (one,) = answers(batcher, [Job(first, 6, GREEDY)])
    two = answers(batcher, [Job(second, 6, GREEDY), Job(third, 6, GREEDY)])
    assert [heard.ids for heard in (one, *two)] == fresh
    assert one.emissions[0].cached == 0
    assert [heard.emissions[0].cached >= 40 for heard in two] == [True, True]


def test_several_choices_of_one_prompt_differ_and_share_its_keys(engine: Engine) -> None:
    (prompt,) = prompts(engine, 1, shared=30)
    batcher = Batcher(network(engine))
    answers(batcher, [Job(prompt, 1, GREEDY)])
    found = answers(batcher, [Job(prompt, 12, Sampling(1.5, seed=i)) for i in range(5)])
    assert len({tuple(heard.ids) for heard in found}) == 5
    assert all(heard.emissions[0].cached == len(prompt) - 1 for heard in found)


def test_a_job_that_joins_a_running_batch_gets_what_it_gets_alone(engine: Engine) -> None:
    one, two = prompts(engine, 2)
    heard = [Heard(), Heard()]
    batcher = Batcher(network(engine))
    batcher.add(Job(one, 12, GREEDY, listen=heard[0].emissions.append))
    for _ in range(4):
        batcher.step()
    batcher.add(Job(two, 12, GREEDY, listen=heard[1].emissions.append))
    while batcher.step():
        pass
    assert [own.ids for own in heard] == [alone(engine, Job(prompt, 12, GREEDY)) for prompt in (one, two)]


def test_a_long_prompt_does_not_stall_the_answers_beside_it(engine: Engine) -> None:
    short, long = [5, 6, 7], [i % 200 for i in range(120)]
    heard = [Heard(), Heard()]
    batcher = Batcher(network(engine), chunk=16)
    batcher.add(Job(short, 30, GREEDY, listen=heard[0].emissions.append))
    batcher.step()
    batcher.add(Job(long, 2, GREEDY, listen=heard[1].emissions.append))
    steps = 0
    while not heard[1].ids:
        batcher.step()
        steps += 1
    # A token of the short one at each step, while the long prompt was read in eight pieces.
    assert steps == 8
    assert len(heard[0].ids) == 1 + steps


def test_a_cancelled_job_frees_its_slot_at_the_next_step(engine: Engine) -> None:
    heard = [Heard(), Heard()]
    batcher = Batcher(network(engine), slots=1)
    first = batcher.add(Job([5, 6, 7], 200, GREEDY, listen=heard[0].emissions.append))
    batcher.add(Job([8, 9], 2, GREEDY, listen=heard[1].emissions.append))
    for _ in range(3):
        batcher.step()
    assert batcher.load == (1, 1)
    first.cancel()
    batcher.step()
    assert heard[0].finish == "cancelled"
    assert len(heard[1].ids) >= 1


def test_a_job_that_is_cancelled_while_it_waits_never_runs(engine: Engine) -> None:
    heard = Heard()
    batcher = Batcher(network(engine))
    batcher.add(Job([5], 5, GREEDY, listen=heard.emissions.append)).cancel()
    assert not batcher.step()
    assert (heard.ids, heard.finish) == ([], "cancelled")


def test_an_end_token_ends_a_job_and_is_told(engine: Engine) -> None:
    free = alone(engine, Job([5, 6, 7], 8, GREEDY))
    end = free[3]
    (heard,) = answers(Batcher(network(engine)), [Job([5, 6, 7], 8, GREEDY, ends=frozenset({end}))])
    assert heard.ids == free[: free.index(end) + 1]
    assert heard.finish == "stop"


def test_log_probabilities_are_those_of_the_model_before_sampling_changes_them(engine: Engine) -> None:
    job = Job([5, 6, 7], 4, Sampling(1.7, top_k=5, seed=1), top=3)
    (heard,) = answers(Batcher(network(engine)), [job, replace(job, top=None)])[:1]
    ids = [5, 6, 7, *heard.ids]
    scores = engine.token_log_probabilities(torch.tensor(ids).numpy())
    for at, token in enumerate(heard.tokens):
        assert token.log_probability == pytest.approx(scores[3 + at], abs=1e-4)
        assert len(token.top) == 3
        assert token.top[0][1] >= token.top[1][1] >= token.top[2][1]
        assert token.log_probability is not None
        assert token.log_probability <= token.top[0][1] + 1e-6


def test_a_bias_forbids_and_forces_tokens(engine: Engine) -> None:
    free = alone(engine, Job([5, 6, 7], 6, GREEDY))
    without = alone(engine, Job([5, 6, 7], 6, GREEDY, logit_bias=((free[0], -100.0),)))
    assert free[0] not in without
    assert alone(engine, Job([5, 6, 7], 6, GREEDY, logit_bias=((42, 100.0),))) == [42] * 6


def test_frequency_and_presence_penalties_count_the_answer_only(engine: Engine) -> None:
    forced = ((42, 100.0), (43, 99.0), (44, 98.5))
    job = Job([42, 42, 42, 42], 5, Sampling(0.0, presence_penalty=1.5), logit_bias=forced)
    # 42 first, though the prompt has it; then 43 as 42 is 1.5 lower, and so on while biases decide.
    found = alone(engine, job)
    assert found[0] == 42
    assert set(found[:3]) <= {42, 43, 44}
    often = Job([5], 9, Sampling(0.0, frequency_penalty=2.0), logit_bias=((42, 100.0), (43, 100.0)))
    assert alone(engine, often).count(42) < 9


class OnlyEven:
    """Allows even ids, and ends after three tokens."""

    error = None

    def __init__(self, size: int) -> None:
        self._size, self._count = size, 0

    def allowed(self) -> torch.Tensor:
        return torch.arange(self._size) % 2 == 0

    def accept(self, token: int) -> bool:
        self._count += 1
        return self._count < 3


def test_a_grammar_restricts_its_own_row_only_and_may_end_it(engine: Engine) -> None:
    size = engine.tokenizer.vocab_size
    plain = Job([5, 6, 7], 8, Sampling(1.5, seed=2))
    bound, free = answers(Batcher(network(engine)), [replace(plain, grammar=OnlyEven(size)), plain])
    assert (len(bound.ids), bound.finish) == (3, "stop")
    assert all(token % 2 == 0 for token in bound.ids)
    assert free.ids == alone(engine, plain)


def test_jobs_wait_for_memory_and_all_come_to_their_turn(engine: Engine) -> None:
    small = SlotNetwork(engine.model, engine.tokenizer.vocab_size, {"full_attention": None}, limit=1)
    found = answers(Batcher(small), [Job(prompt, 4, GREEDY) for prompt in prompts(engine, 4)])
    assert [heard.finish for heard in found] == ["length"] * 4


@pytest.mark.parametrize("family", ["gemma3_text", "gpt2", "mistral", "qwen3_moe"])
def test_families_with_windows_and_learned_positions_are_batched(family: str, tmp_path: Path) -> None:
    model = load(write_open_model(tmp_path, family))
    assert batches(model, 600)
    rows = [list(range(3, 3 + n)) for n in (30, 4, 17)]
    together = answers(Batcher(network_of(model, 600, together=True)), [Job(row, 8, GREEDY) for row in rows])
    one_by_one = [answers(Batcher(RowNetwork(model, 600)), [Job(row, 8, GREEDY)])[0] for row in rows]
    assert [heard.ids for heard in together] == [heard.ids for heard in one_by_one]


def test_who_asks_for_little_does_not_wait_for_who_asks_for_much(engine: Engine) -> None:
    asked = prompts(engine, 9)
    jobs = [Job(prompt, 30, Sampling(1.0, seed=i), owner=("big",)) for i, prompt in enumerate(asked[:8])]
    small = Job(asked[8], 5, GREEDY, owner=("small",))
    heard = [Heard() for _ in jobs]
    batcher, late = Batcher(network(engine), slots=4), Heard()
    for job, own in zip(jobs, heard, strict=True):
        batcher.add(replace(job, listen=own.emissions.append))
    for _ in range(3):
        batcher.step()
    batcher.add(replace(small, listen=late.emissions.append))
    steps = 0
    while late.finish is None:
        batcher.step()
        steps += 1
    assert steps <= 6
    assert not any(own.finish for own in heard)
    while batcher.step():
        pass
    # A pause changes no text.
    assert [own.ids for own in heard] == [alone(engine, job) for job in jobs]
    assert late.ids == alone(engine, small)


def test_two_long_prompts_are_read_in_turns(engine: Engine) -> None:
    heard = [Heard(), Heard()]
    batcher = Batcher(network(engine), chunk=16)
    for size, own in zip((120, 30), heard, strict=True):
        batcher.add(Job([i % 200 for i in range(7, 7 + size)], 1, GREEDY, listen=own.emissions.append))
    for _ in range(4):
        batcher.step()
    assert (heard[0].finish, heard[1].finish) == (None, "length")
    while batcher.step():
        pass
    assert heard[0].finish == "length"


def test_a_paused_job_can_be_cancelled_and_counts_as_waiting(engine: Engine) -> None:
    heard, late = [Heard(), Heard()], Heard()
    batcher = Batcher(network(engine), slots=2)
    tickets = [
        batcher.add(Job([5, 6], 50, GREEDY, owner=("one",), listen=own.emissions.append)) for own in heard
    ]
    batcher.step()
    batcher.add(Job([7], 50, GREEDY, owner=("two",), listen=late.emissions.append))
    batcher.step()
    assert batcher.load == (2, 1)
    for ticket in tickets:
        ticket.cancel()
    batcher.step()
    assert [own.finish for own in heard] == ["cancelled", "cancelled"]
    assert batcher.load == (1, 0)
