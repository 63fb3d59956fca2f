"""The dial's laws: every setting from a size or a budget, and what they say of their own limits."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.plan.laws import (
    LOSS,
    MEASURED_PARAMETERS,
    MEASURED_TOKENS,
    MOST_EPOCHS,
    batch_tokens,
    best_rate,
    dial,
    dial_for,
    effective_tokens,
    predicted_bits,
)
from glaswerk.plan.shape import at_depth

KNOWN = {"vocab_size": 4096, "context": 256}
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
def test_the_dial_trains_on_twenty_tokens_a_parameter_where_the_corpus_has_them(
    size: int, corpus: int
) -> None:
    found = dial(size, corpus_tokens=corpus, **KNOWN)
    assert found.tokens == min(20 * found.shape.parameters, round(MOST_EPOCHS * corpus))
    assert found.batch_tokens % 1024 == 0
    assert found.batch_tokens == batch_tokens(found.tokens)
    assert 1e-5 < found.rate < 0.1
    assert found.rate == best_rate(found.shape.width, found.tokens, found.batch_tokens)


def test_wider_or_longer_wants_a_smaller_rate_and_a_larger_batch_a_higher_one() -> None:
    assert best_rate(256, 10**6, 2048) < best_rate(128, 10**6, 2048)
    assert best_rate(128, 10**8, 2048) < best_rate(128, 10**6, 2048)
    assert best_rate(128, 10**6, 8192) == pytest.approx(2 * best_rate(128, 10**6, 2048), rel=0.05)


@given(st.floats(2e13, 1e20))
def test_the_network_of_a_budget_fits_it_and_one_layer_more_does_not(flops: float) -> None:
    corpus = 10**10
    found = dial_for(flops, corpus_tokens=corpus, **KNOWN)
    assert found.flops <= flops
    larger = at_depth(found.shape.layers + 1, 4096, 256)
    assert dial(larger.parameters, corpus_tokens=corpus, **KNOWN).flops > flops


def test_what_cannot_be_is_refused_with_a_hint() -> None:
    with pytest.raises(GlaswerkError, match="no tokens") as nothing:
        dial(10**6, corpus_tokens=0, **KNOWN)
    assert nothing.value.hint
    with pytest.raises(GlaswerkError, match="smallest network") as little:
        dial_for(1e6, corpus_tokens=10**6, **KNOWN)
    assert little.value.hint


def test_bits_follow_the_formula() -> None:
    wanted = LOSS.floor + LOSS.a * 4**-LOSS.alpha + LOSS.b * 0.5**-LOSS.beta
    assert math.isclose(predicted_bits(4_000_000, 500_000).bits, wanted)
