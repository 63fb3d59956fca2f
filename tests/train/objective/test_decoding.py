"""Draws that come again, and completions that end where they should."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from word_network import END, network

from glaswerk.train.objective.decoding import complete, draws


@given(st.integers(0, 99), st.integers(0, 99), st.integers(0, 9), st.integers(1, 4), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_draws_are_a_function_of_seed_step_and_prompt(
    seed: int, step: int, prompt: int, each: int, room: int
) -> None:
    found = draws(seed, step, prompt, each, room)
    assert found.shape == (each, room)
    assert ((found >= 0) & (found < 1)).all()
    assert (found == draws(seed, step, prompt, each, room)).all()


@pytest.mark.parametrize("other", [(2, 5, 7), (1, 6, 7), (1, 5, 8)])
def test_another_seed_step_or_prompt_draws_differently(other: tuple[int, int, int]) -> None:
    assert (draws(1, 5, 7, 2, 8) != draws(*other, 2, 8)).any()


def test_the_smallest_and_the_greatest_draw_give_tokens_of_the_vocabulary() -> None:
    model = network(3).eval()
    chance = np.array([[0.0], [np.nextafter(1.0, 0.0)]])
    (group,) = complete(model, [[5, 6]], [chance], ends=set(), vocab_size=101)
    first, last = (row[0] for row in group)
    assert first == 0
    assert 0 < last < 101


@pytest.mark.parametrize("vocab_size", [2, 50, 101])
def test_tokens_beyond_the_vocabulary_are_never_drawn(vocab_size: int) -> None:
    model = network(3).eval()
    (group,) = complete(model, [[5]], [draws(0, 0, 0, 64, 3)], ends=set(), vocab_size=vocab_size)
    assert max(token for row in group for token in row) < vocab_size
    assert all(len(row) == 3 for row in group)


def test_if_all_rows_end_no_more_tokens_are_drawn() -> None:
    model = network(3).eval()
    everything = set(range(101))
    found = complete(
        model, [[5], [6, 7]], [draws(0, 0, i, 3, 20) for i in range(2)], ends=everything, vocab_size=101
    )
    assert [len(group) for group in found] == [3, 3]
    assert all(len(row) == 1 for group in found for row in group)


def test_a_completion_does_not_depend_on_the_other_prompts() -> None:
    model = network(4).eval()
    chance = [draws(1, 1, i, 2, 6) for i in range(3)]
    prompts = [[5, 6, 7, 8], [9], [10, 11]]
    together = complete(model, prompts, chance, ends={END}, vocab_size=101)
    for prompt, numbers, group in zip(prompts, chance, together, strict=True):
        assert complete(model, [prompt], [numbers], ends={END}, vocab_size=101) == [group]


def test_decoding_leaves_no_gradient() -> None:
    model = network(4).eval()
    complete(model, [[5]], [draws(0, 0, 0, 1, 2)], ends={END}, vocab_size=101)
    assert torch.is_grad_enabled()
    assert all(parameter.grad is None for parameter in model.parameters())
