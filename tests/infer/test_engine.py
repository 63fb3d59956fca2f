"""The engine agrees with plain transformers, streams complete characters and stops at its limits."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from glaswerk.core.document import Message
from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Engine
from glaswerk.lab import Artifact

QUESTION = [Message(role="user", content="Who are you?")]


@lru_cache
def _engine(folder: Path) -> Engine:
    return Engine.load(folder)


@pytest.fixture
def engine(chat_model: Artifact) -> Engine:
    return _engine(chat_model.path)


def _answer(engine: Engine, **options: Any) -> str:
    return "".join(delta.text for delta in engine.stream(QUESTION, **options))


def test_greedy_text_equals_that_of_transformers_generate(engine: Engine, chat_model: Artifact) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(chat_model.path)
    model: Any = AutoModelForCausalLM.from_pretrained(chat_model.path)
    inputs = tokenizer.apply_chat_template(
        QUESTION, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    output = model.generate(**inputs, do_sample=False, max_new_tokens=24)
    reference = tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
    assert _answer(engine, temperature=0.0, max_tokens=24) == reference


def test_batched_answers_equal_single_ones(engine: Engine) -> None:
    conversations = [
        [Message(role="user", content=text)] for text in ("Who are you?", "Hello!", "Where?", "Thanks")
    ]
    single = [
        "".join(d.text for d in engine.stream(c, temperature=0.0, max_tokens=16)) for c in conversations
    ]
    assert engine.answer_many(conversations, max_tokens=16) == single


def test_the_same_seed_gives_the_same_answer(engine: Engine) -> None:
    first = _answer(engine, temperature=1.5, seed=4, max_tokens=20)
    assert first == _answer(engine, temperature=1.5, seed=4, max_tokens=20)
    assert first != _answer(engine, temperature=1.5, seed=5, max_tokens=20)


def test_streams_in_several_threads_do_not_disturb_each_other(engine: Engine) -> None:
    alone = _answer(engine, temperature=1.0, seed=1, max_tokens=24)
    results: list[str] = []
    threads = [
        threading.Thread(
            target=lambda: results.append(_answer(engine, temperature=1.0, seed=1, max_tokens=24))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [alone] * 4


def test_the_last_piece_says_why_it_ended_and_how_much_was_used(engine: Engine) -> None:
    deltas = list(engine.stream(QUESTION, max_tokens=3, temperature=1.0, seed=0))
    assert deltas[-1].finish_reason in {"stop", "length"}
    assert all(delta.finish_reason is None for delta in deltas[:-1])
    assert deltas[-1].completion_tokens <= 3
    assert deltas[-1].prompt_tokens == len(engine.prompt(QUESTION))


def test_a_prompt_longer_than_the_context_is_refused_with_both_numbers(engine: Engine) -> None:
    with pytest.raises(GlaswerkError, match=str(engine.context)):
        list(engine.stream([Message(role="user", content="word " * 5000)]))


def test_log_likelihood_equals_the_sum_of_log_softmax(engine: Engine) -> None:
    context, continuation = "The gazette says", " it rains on the market square."
    score = engine.log_likelihoods([(context, continuation)])[0]
    head = engine.tokenizer.encode(context)
    ids = torch.tensor([[engine.tokenizer.end_id, *engine.tokenizer.encode(context + continuation)]])
    with torch.inference_mode():
        logs = engine.model(input_ids=ids).logits.log_softmax(-1)
    wanted = sum(float(logs[0, i, ids[0, i + 1]]) for i in range(len(head), ids.shape[1] - 1))
    assert score.log_probability == pytest.approx(wanted, abs=1e-3)
    assert score.bytes == len(continuation)


def test_batching_does_not_change_scores(engine: Engine) -> None:
    pairs = [("", "Rain."), ("The mill", " stands by the river and turns."), ("A", " b"), ("", "x" * 200)]
    together = engine.log_likelihoods(pairs)
    alone = [engine.log_likelihoods([pair])[0] for pair in pairs]
    for one, other in zip(together, alone, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-3)


def test_every_token_of_a_long_stream_gets_a_log_probability(engine: Engine) -> None:
    tokens = np.arange(engine.context * 2 + 37) % 900
    values = engine.token_log_probabilities(tokens)
    assert values[0] == 0
    assert (values[1:] < 0).all()
    short = engine.token_log_probabilities(tokens[:60])
    np.testing.assert_allclose(values[:60], short, atol=1e-3)
