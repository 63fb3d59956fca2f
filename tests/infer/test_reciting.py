"""The engine on a network that recites one text: what streams, where it stops, and what it scores."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from handmade import write_corpus

from glaswerk.core.document import Document, Message, Rights
from glaswerk.core.errors import GlaswerkError
from glaswerk.infer import Engine, Score
from glaswerk.lab import Lab
from glaswerk.model import build
from glaswerk.plan.shape import Shape
from glaswerk.tokenizer import Tokenizer, train_tokenizer
from glaswerk.tokenizer.training import SMALLEST, TokenizerConfig

QUESTION = [Message(role="user", content="Q")]
# No two bytes are equal, so that each token has one successor.
TEXT = "Zwei_Öl🦆: 9¼"
CONTEXT = 64


def reciting(tokenizer: Tokenizer, tokens: Sequence[int]) -> Any:
    """A network without layers' effect whose likeliest successor of each token is the next in `tokens`."""
    shape = Shape(tokenizer.vocab_size, 1, 64, 1, 64, CONTEXT, tied=False)
    model: Any = build(shape, seed=3, end_id=tokenizer.end_id, turn_end_id=tokenizer.turn_end_id)
    embeddings, output = model.get_input_embeddings().weight, model.get_output_embeddings().weight
    with torch.no_grad():
        for token, successor in pairwise(tokens):
            output[successor] = embeddings[token]
    return model.eval()


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    """Bytes and special tokens only."""
    lab = Lab.init(tmp_path_factory.mktemp("bytes") / "lab")
    write_corpus(lab, {"train": [Document("p", "s", "x", Rights("CC0-1.0"))]})
    path = train_tokenizer(lab, TokenizerConfig(SMALLEST)).path
    lab.ledger.close()
    return Tokenizer.load(path)


@pytest.fixture(scope="module")
def engine(tokenizer: Tokenizer) -> Engine:
    newline = tokenizer.encode("\n")
    return Engine(reciting(tokenizer, [*newline, *tokenizer.encode(TEXT), tokenizer.turn_end_id]), tokenizer)


def answer(engine: Engine, **options: Any) -> tuple[str, str | None, int]:
    deltas = list(engine.stream(QUESTION, temperature=0.0, **options))
    return (
        "".join(delta.text for delta in deltas),
        deltas[-1].finish_reason,
        deltas[-1].completion_tokens,
    )


def test_the_text_is_recited_to_its_end_token(engine: Engine) -> None:
    assert answer(engine) == (TEXT, "stop", len(TEXT.encode()) + 1)


def test_a_character_of_several_tokens_comes_in_one_piece(engine: Engine) -> None:
    pieces = [delta.text for delta in engine.stream(QUESTION, temperature=0.0)]
    assert [piece for piece in pieces if piece] == list(TEXT)


@pytest.mark.parametrize("size", range(1, len(TEXT.encode())))
def test_a_token_limit_ends_the_answer_with_length(engine: Engine, size: int) -> None:
    text, reason, count = answer(engine, max_tokens=size)
    assert (reason, count) == ("length", size)
    assert text == TEXT.encode()[:size].decode("utf-8", "ignore")


@pytest.mark.parametrize("stop", [("l🦆",), ("🦆: 9", "never"), (" ",), ("¼",), ("Z",)])
def test_a_stop_string_over_several_tokens_ends_the_answer_before_it(
    engine: Engine, stop: tuple[str, ...]
) -> None:
    text, reason, count = answer(engine, stop=stop)
    assert text == TEXT[: TEXT.index(stop[0])]
    assert reason == "stop"
    assert count == len(TEXT[: TEXT.index(stop[0]) + len(stop[0])].encode())


def test_text_that_only_began_like_a_stop_string_is_shown_at_the_end(engine: Engine) -> None:
    assert answer(engine, stop=("9¼!",))[0] == TEXT


def test_an_answer_fills_the_context_and_no_more(engine: Engine) -> None:
    free = CONTEXT - len(engine.prompt(QUESTION))
    long = [Message(role="user", content="Q" * (free - 2))]
    assert len(engine.prompt(long)) == CONTEXT - 3
    deltas = list(engine.stream(long, temperature=0.0))
    assert (deltas[-1].finish_reason, deltas[-1].completion_tokens) == ("length", 3)


def test_a_prompt_as_long_as_the_context_is_refused(engine: Engine) -> None:
    free = CONTEXT - len(engine.prompt(QUESTION))
    with pytest.raises(GlaswerkError, match=f"{CONTEXT} tokens; this model's context is {CONTEXT}"):
        engine.prompt([Message(role="user", content="Q" * (free + 1))])


def test_closing_a_stream_ends_it(engine: Engine) -> None:
    stream = engine.stream(QUESTION, temperature=0.0)
    assert next(stream).text == "Z"
    stream.close()  # type: ignore[attr-defined]
    assert list(stream) == []


def test_batched_answers_are_the_recited_text_in_order(engine: Engine) -> None:
    questions = [[Message(role="user", content="Q" * (1 + i % 3))] for i in range(70)]
    assert engine.answer_many(questions, max_tokens=20) == [TEXT] * 70
    assert engine.answer_many([], max_tokens=20) == []


def test_the_recited_continuation_is_certain_and_greedy_and_another_is_not(engine: Engine) -> None:
    recited, other = engine.log_likelihoods([(TEXT[:4], TEXT[4:9]), (TEXT[:4], "xyz")])
    assert recited.log_probability == pytest.approx(0.0, abs=1e-3)
    assert recited.greedy
    assert (recited.tokens, recited.bytes) == (len(TEXT[4:9].encode()), len(TEXT[4:9].encode()))
    assert other.log_probability < -3
    assert not other.greedy


def test_an_answer_is_scored_as_the_assistants_turn(engine: Engine) -> None:
    (score,) = engine.chat_log_likelihoods([(QUESTION, TEXT)])
    assert score.log_probability == pytest.approx(0.0, abs=1e-3)
    assert score.greedy


@pytest.mark.parametrize("own", [1, 3])
def test_the_last_tokens_of_a_row_are_scored(engine: Engine, own: int) -> None:
    ids = engine.tokenizer.encode(TEXT)
    (score,) = engine.span_scores([(ids, own)])
    assert score == Score(pytest.approx(0.0, abs=1e-3), own, own, greedy=True)  # type: ignore[arg-type]


def test_a_row_longer_than_the_context_is_scored_on_its_last_tokens(engine: Engine) -> None:
    ids = [*engine.tokenizer.encode("x" * 500), *engine.tokenizer.encode(TEXT)]
    (score,) = engine.span_scores([(ids, 5)])
    assert score.tokens == 5
    assert score.greedy
    (whole,) = engine.span_scores([(ids, len(ids))])
    assert whole.tokens == CONTEXT


def test_a_stream_has_one_log_probability_per_token(engine: Engine) -> None:
    ids = engine.tokenizer.encode(TEXT) * 9
    found = engine.token_log_probabilities(np.array(ids))
    assert found.shape == (len(ids),)
    assert found[0] == 0
    starts = np.arange(len(ids)) % len(TEXT.encode()) == 0
    assert (found[~starts] > -1e-3).all()
    assert (found[starts][1:] < -3).all()


@pytest.mark.parametrize("size", [0, 1, 2])
def test_a_stream_of_few_tokens_needs_no_window(engine: Engine, size: int) -> None:
    ids = np.array(engine.tokenizer.encode(TEXT)[:size], np.int64)
    assert engine.token_log_probabilities(ids).shape == (size,)


def test_a_folder_without_a_model_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with pytest.raises(GlaswerkError, match="cannot load a model"):
        Engine.load(tmp_path)
