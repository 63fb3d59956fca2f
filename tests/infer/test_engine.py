"""The engine agrees with plain transformers, streams complete characters and stops at its limits."""

from __future__ import annotations

import json
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
from glaswerk.infer.sampling import Sampling
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


@pytest.mark.parametrize("penalty", [0.6, 1.15, 2.0])
def test_what_is_measured_is_what_is_served_and_what_transformers_generates(
    penalty: float, engine: Engine, chat_model: Artifact
) -> None:
    said = json.loads((chat_model.path / "generation_config.json").read_text())
    assert engine.sampling.temperature == said["temperature"]
    punished = Engine(engine.model, engine.tokenizer, engine.sampling.changed(repetition_penalty=penalty))
    served = _answer(punished, temperature=0.0, max_tokens=24)
    assert punished.answer_many([QUESTION, QUESTION], max_tokens=24) == [served] * 2
    ids = torch.tensor([engine.prompt(QUESTION)])
    tokenizer = engine.tokenizer
    reference: Any = engine.model
    output = reference.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        do_sample=False,
        max_new_tokens=24,
        repetition_penalty=penalty,
        eos_token_id=[tokenizer.end_id, tokenizer.turn_end_id, tokenizer.turn_id],
        pad_token_id=tokenizer.end_id,
    )
    own = [i for i in output[0, ids.shape[1] :].tolist() if i not in tokenizer.special_ids]
    assert served == tokenizer.decode(own)


def test_a_request_may_overrule_every_sampling_setting_of_the_model(engine: Engine) -> None:
    plain = _answer(engine, temperature=0.0, max_tokens=12)
    odd = Engine(engine.model, engine.tokenizer, Sampling(9.0, 0.5, None, 3, 0.1, 5.0))
    wishes = {"temperature": 0.0, "top_p": 1.0, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
    assert _answer(odd, max_tokens=12, **wishes) == plain


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


@pytest.mark.parametrize(
    ("context", "continuation"),
    [("The gaz", "ette"), ("mark", "et"), ("a", "b"), ("The ", "market"), ("R", "")],
)
def test_a_token_that_spans_the_border_counts_for_the_continuation(
    context: str, continuation: str, engine: Engine
) -> None:
    (score,) = engine.log_likelihoods([(context, continuation)])
    (whole,) = engine.log_likelihoods([("", context + continuation)])
    shared = whole.tokens - score.tokens
    ids = engine.tokenizer.encode(context + continuation)
    assert engine.tokenizer.encode(context)[:shared] == ids[:shared]
    assert context.startswith(engine.tokenizer.decode(ids[:shared]))
    assert (score.tokens > 0) == bool(continuation)
    assert (score.log_probability < 0) == bool(continuation)


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
