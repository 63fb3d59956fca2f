"""Sampling follows its laws exactly: greedy at 0, softmax by temperature, the smallest nucleus by top_p."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.infer.sampling import Sampling, nucleus, penalised, sample_token

# Of the network's precision: the smallest doubles are equal to 0 there.
LOGITS = st.lists(st.floats(-8, 8, width=32, allow_subnormal=False), min_size=1, max_size=8)


def probabilities(weights: list[float]) -> torch.Tensor:
    return torch.softmax(torch.tensor(weights, dtype=torch.float64), -1)


def draws(logits: list[float], sampling: Sampling, count: int) -> list[float]:
    """Share of each token among `count` draws from one generator."""
    generator = torch.Generator().manual_seed(1)
    found = [sample_token(torch.tensor(logits), sampling, generator) for _ in range(count)]
    return [found.count(token) / count for token in range(len(logits))]


@given(LOGITS, st.floats(0, 9e-5), st.floats(0.01, 1))
def test_temperature_zero_always_takes_the_likeliest_token(
    logits: list[float], temperature: float, top_p: float
) -> None:
    found = sample_token(torch.tensor(logits), Sampling(temperature, top_p), None)
    assert logits[found] == max(logits)


def test_of_equal_logits_greedy_takes_the_first() -> None:
    assert sample_token(torch.tensor([1.0, 3.0, 3.0]), Sampling(0.0, 1.0), None) == 1


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_shares_of_draws_are_the_softmax_of_logits_over_temperature(temperature: float) -> None:
    logits = [0.0, 1.0, 2.0]
    found = draws(logits, Sampling(temperature, 1.0), 4000)
    expected = torch.softmax(torch.tensor(logits) / temperature, -1).tolist()
    # Four standard deviations of a share of 4,000 draws are at most 0.032.
    assert found == pytest.approx(expected, abs=0.032)


def test_draws_within_a_nucleus_keep_their_odds_and_leave_out_the_rest() -> None:
    logits = [math.log(share) for share in (0.5, 0.3, 0.15, 0.05)]
    found = draws(logits, Sampling(1.0, 0.75), 4000)
    assert found[2:] == [0, 0]
    assert found[0] == pytest.approx(0.5 / 0.8, abs=0.032)


@given(LOGITS, st.floats(0.001, 1))
def test_a_nucleus_is_the_smallest_set_of_likeliest_tokens_that_reaches_top_p(
    logits: list[float], top_p: float
) -> None:
    values = probabilities(logits)
    kept = nucleus(values.clone(), top_p)
    chosen = kept > 0
    assert torch.equal(kept[chosen], values[chosen])
    assert chosen.any()
    assert float(values[chosen].min()) >= float(values[~chosen].max() if (~chosen).any() else 0)
    # Without its least likely member it does not reach top_p.
    if int(chosen.sum()) > 1:
        assert float(values[chosen].sum() - values[chosen].min()) < top_p + 1e-9
    if (~chosen).any():
        assert float(values[chosen].sum()) >= top_p - 1e-9


@pytest.mark.parametrize(
    ("top_p", "kept"),
    [
        (1e-9, [0.0, 0.5, 0.0]),
        (0.5, [0.0, 0.5, 0.0]),
        (0.51, [0.0, 0.5, 0.375]),
        (0.875, [0.0, 0.5, 0.375]),
        (0.88, [0.125, 0.5, 0.375]),
        (0.999, [0.125, 0.5, 0.375]),
    ],
)
def test_a_set_that_reaches_the_share_exactly_is_enough(top_p: float, kept: list[float]) -> None:
    assert nucleus(torch.tensor([0.125, 0.5, 0.375]), top_p).tolist() == kept


def test_a_nucleus_does_not_change_its_argument() -> None:
    values = torch.tensor([0.125, 0.5, 0.375])
    nucleus(values, 0.1)
    assert values.tolist() == [0.125, 0.5, 0.375]


@given(LOGITS, st.integers(0, 2**63 - 1), st.floats(0.1, 2), st.floats(0.1, 1))
@settings(max_examples=40)
def test_the_same_seed_draws_the_same_tokens(
    logits: list[float], seed: int, temperature: float, top_p: float
) -> None:
    sampling = Sampling(temperature, top_p, seed)
    one, other = (torch.Generator().manual_seed(seed) for _ in range(2))
    first = [sample_token(torch.tensor(logits), sampling, one) for _ in range(5)]
    assert first == [sample_token(torch.tensor(logits), sampling, other) for _ in range(5)]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_token_that_is_impossible_is_never_drawn_in_any_type(dtype: torch.dtype) -> None:
    logits = torch.tensor([0.0, -math.inf, 0.0], dtype=dtype)
    generator = torch.Generator().manual_seed(0)
    found = {sample_token(logits, Sampling(2.0, 1.0), generator) for _ in range(200)}
    assert found == {0, 2}


def through_transformers(logits: torch.Tensor, before: list[int], sampling: Sampling) -> torch.Tensor:
    """The probabilities that `transformers` draws from."""
    from transformers.generation.logits_process import (
        MinPLogitsWarper,
        RepetitionPenaltyLogitsProcessor,
        TemperatureLogitsWarper,
        TopKLogitsWarper,
        TopPLogitsWarper,
    )

    scores, ids = logits[None].clone(), torch.tensor([before])
    for step in (
        RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty),
        TemperatureLogitsWarper(sampling.temperature),
        TopKLogitsWarper(sampling.top_k),
        TopPLogitsWarper(sampling.top_p),
        MinPLogitsWarper(sampling.min_p),
    ):
        scores = step(ids, scores)
    return scores[0].softmax(-1)


@pytest.mark.parametrize(
    "sampling",
    [
        Sampling(0.8, 0.9, None, 5, 0.05, 1.3),
        Sampling(1.5, 0.6, None, 7, 0.01, 0.7),
        Sampling(0.3, 0.99, None, 2, 0.5, 1.1),
    ],
)
def test_every_setting_together_draws_only_what_transformers_draws_in_its_odds(sampling: Sampling) -> None:
    logits = torch.linspace(-2, 3, 9)[torch.randperm(9, generator=torch.Generator().manual_seed(2))]
    expected = through_transformers(logits, [0, 3, 3, 8], sampling)
    generator = torch.Generator().manual_seed(1)
    found = [sample_token(logits, sampling, generator, [0, 3, 3, 8]) for _ in range(4000)]
    shares = torch.tensor([found.count(token) / 4000 for token in range(9)])
    assert torch.equal(shares > 0, expected > 1e-3)
    assert torch.allclose(shares, expected, atol=0.032)


@pytest.mark.parametrize("penalty", [0.5, 1.2, 3.0])
def test_a_penalty_moves_only_tokens_that_occurred_and_leaves_its_argument(penalty: float) -> None:
    logits = torch.tensor([2.0, -1.0, 0.0, 5.0])
    found = penalised(logits, [0, 1, 1, 99], penalty)
    assert found.tolist() == pytest.approx([2.0 / penalty, -penalty, 0.0, 5.0])
    assert logits.tolist() == [2.0, -1.0, 0.0, 5.0]
    assert penalised(logits, [], penalty).tolist() == logits.tolist()


def test_a_folder_says_how_to_sample_and_a_request_overrules_it(tmp_path: Path) -> None:
    assert Sampling.of(tmp_path) == Sampling()
    said = {"do_sample": True, "temperature": 0.6, "top_k": 20, "min_p": None, "eos_token_id": [1]}
    (tmp_path / "generation_config.json").write_text(json.dumps(said))
    found = Sampling.of(tmp_path)
    assert found == Sampling(0.6, 1.0, None, 20, 0.0, 1.0)
    assert found.changed(temperature=0.0, top_k=None, seed=3) == Sampling(0.0, 1.0, 3, 20, 0.0, 1.0)
