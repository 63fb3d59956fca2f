"""The dial's laws: every setting from a size or a budget, and what they say of their own limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.plan.laws import (
    LOSS,
    MEASURED_PARAMETERS,
    MEASURED_TOKENS,
    MOST_EPOCHS,
    batch_tokens,
    best_rate,
    effective_tokens,
    embedding_ratio,
    predicted_bits,
    wanted_tokens,
)

SIZES = st.integers(200_000, 500_000_000)
TOKENS = st.integers(100_000, 10_000_000_000)


@given(SIZES, TOKENS)
def test_more_parameters_or_tokens_predict_fewer_bits_within_an_interval(size: int, tokens: int) -> None:
    found = predicted_bits(size, tokens)
    assert found.low < found.bits < found.high
    assert predicted_bits(2 * size, tokens).bits <= found.bits
    assert predicted_bits(size, 2 * tokens).bits <= found.bits
    assert found.bits >= LOSS.floor


def test_a_prediction_says_where_it_leaves_the_ladder() -> None:
    (low, high), (few, many) = MEASURED_PARAMETERS, MEASURED_TOKENS
    inside = predicted_bits((low + high) // 2, (few + many) // 2)
    assert inside.beyond == ()
    far = predicted_bits(100 * high, 10 * many)
    assert [words.split(" are ")[1].split(" beyond")[0] for words in far.beyond] == ["100 times", "10 times"]
    assert far.high - far.low > inside.high - inside.low
    assert "parameters" in predicted_bits(low // 2, few).beyond[0]


@given(TOKENS, st.floats(1, 100))
def test_repeated_tokens_count_less_and_hardly_at_all_in_the_end(corpus: int, epochs: float) -> None:
    tokens = round(corpus * epochs)
    worth = effective_tokens(tokens, corpus)
    assert worth <= tokens
    assert worth <= corpus * 16.4
    assert worth <= effective_tokens(tokens + corpus, corpus)
    assert effective_tokens(corpus, corpus) == corpus


def test_a_corpus_seen_often_predicts_more_bits_than_a_fresh_one() -> None:
    fresh = predicted_bits(10**6, 8 * 10**6)
    again = predicted_bits(10**6, 8 * 10**6, corpus_tokens=10**6)
    assert fresh.bits < again.bits < predicted_bits(10**6, 10**6).bits


@given(SIZES, TOKENS)
def test_twenty_tokens_a_parameter_where_the_corpus_has_them(size: int, corpus: int) -> None:
    tokens = wanted_tokens(size, corpus)
    assert tokens == min(20 * size, round(MOST_EPOCHS * corpus))
    assert batch_tokens(tokens) % 1024 == 0
    assert 1e-5 < best_rate(512, tokens, batch_tokens(tokens)) < 0.1


def test_wider_or_longer_wants_a_smaller_rate_and_a_larger_batch_a_higher_one() -> None:
    assert best_rate(256, 10**6, 2048) < best_rate(128, 10**6, 2048)
    assert best_rate(128, 10**8, 2048) < best_rate(128, 10**6, 2048)
    assert best_rate(128, 10**6, 8192) == pytest.approx(2 * best_rate(128, 10**6, 2048), rel=0.05)


def test_the_embeddings_rate_is_the_same_at_every_width_of_the_ladder_and_falls_beyond() -> None:
    short = 10**5
    rates = [best_rate(w, short, 2048) * embedding_ratio(w) for w in (64, 256, 384, 1024)]
    assert rates[:3] == pytest.approx([rates[0]] * 3, rel=0.05)
    assert rates[3] == pytest.approx(rates[0] * 384 / 1024, rel=0.05)


@pytest.mark.parametrize(
    ("width", "rate"), [(64, 0.017), (128, 0.0105), (192, 0.0079), (384, 0.002), (768, 0.001)]
)
def test_the_rate_goes_through_the_best_ones_measured_and_is_continuous(width: int, rate: float) -> None:
    assert best_rate(width, 10**5, 2048) == pytest.approx(rate, rel=0.06)
    assert best_rate(width + 1, 10**5, 2048) == pytest.approx(best_rate(width - 1, 10**5, 2048), rel=0.12)


def test_bits_follow_the_formula() -> None:
    wanted = LOSS.floor + LOSS.a * 4**-LOSS.alpha + LOSS.b * 0.5**-LOSS.beta
    assert math.isclose(predicted_bits(4_000_000, 500_000).bits, wanted)
