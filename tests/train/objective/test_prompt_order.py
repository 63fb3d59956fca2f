"""Which dialogues supplied the prompts of each step: the same by steps and by rounds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glaswerk.train.batches.batches import Span
from glaswerk.train.objective.prompt_order import PromptOrder, prompt_permutation


def _order(size: int, *, prompts: int, updates: int, seed: int = 0) -> PromptOrder:
    dialogues = [Span("chat", f"c{i}", 10 * i, 10 * i + i + 1) for i in range(size)]
    return PromptOrder(dialogues, prompts=prompts, updates=updates, seed=seed)


@given(st.integers(0, 20), st.integers(0, 200), st.integers(0, 99))
@settings(deadline=None)
def test_a_round_is_a_permutation(round_: int, size: int, seed: int) -> None:
    found = prompt_permutation(round_, size, seed)
    assert sorted(found.tolist()) == list(range(size))
    assert found.tolist() == prompt_permutation(round_, size, seed).tolist()


def test_rounds_and_seeds_differ() -> None:
    orders = [prompt_permutation(r, 50, s).tolist() for r, s in ((0, 0), (1, 0), (0, 1))]
    assert orders[0] != orders[1]
    assert orders[0] != orders[2]


@given(st.integers(1, 12), st.integers(1, 7), st.integers(1, 3), st.integers(0, 30))
@settings(max_examples=50, deadline=None)
def test_visits_are_the_spans_of_all_steps(size: int, prompts: int, updates: int, steps: int) -> None:
    order = _order(size, prompts=prompts, updates=updates)
    visited = Counter[tuple[int, str, int]]()
    for seen in order.visits(steps):
        for document, step, tokens in zip(*map(np.ndarray.tolist, seen), strict=True):
            visited[step, order.documents[document], tokens] += 1
    walked = Counter(
        (step, span.document, span.end - span.start) for step in range(steps) for span in order.spans(step)
    )
    assert visited == walked


@given(st.integers(1, 12), st.integers(1, 7), st.integers(1, 3))
@settings(max_examples=30, deadline=None)
def test_every_dialogue_is_asked_once_before_one_is_asked_again(
    size: int, prompts: int, updates: int
) -> None:
    order = _order(size, prompts=prompts, updates=updates)
    rollouts = -(-size // prompts)
    names = [span.document for r in range(rollouts) for span in order.spans(r * updates)]
    assert sorted(names[:size]) == sorted(order.documents)


@pytest.mark.parametrize("updates", [1, 2, 5])
def test_the_updates_of_a_rollout_have_the_same_prompts(updates: int) -> None:
    order = _order(9, prompts=4, updates=updates)
    for step in range(3 * updates):
        assert order.spans(step) == order.spans(step // updates * updates)
    assert order.steps_per_epoch == pytest.approx(9 / 4 * updates)


def test_without_dialogues_no_step_saw_any() -> None:
    order = _order(0, prompts=4, updates=2)
    assert order.spans(3) == []
    assert list(order.visits(10)) == []
    assert order.steps_per_epoch > 0
