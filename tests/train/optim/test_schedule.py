"""The learning rate rises, stays and falls; decays branch off one trunk."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.errors import GlaswerkError
from glaswerk.train.optim.schedule import Schedule, wsd


def test_it_rises_to_one_stays_and_falls_towards_zero() -> None:
    factors = [wsd(100, warmup=0.1, decay=0.4).factor(step) for step in range(101)]
    assert factors[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert factors[10:61] == [1.0] * 51
    assert all(earlier > later for earlier, later in pairwise(factors[60:]))
    assert factors[99] > 0
    assert factors[100] == 0


@given(
    st.integers(1, 2000),
    st.floats(0, 0.4),
    st.floats(0, 0.5),
    st.integers(1, 500),
    st.data(),
)
def test_a_branch_equals_its_trunk_up_to_where_it_leaves(
    steps: int, warmup: float, decay: float, more: int, data: st.DataObject
) -> None:
    trunk = wsd(steps, warmup=warmup, decay=decay)
    at = data.draw(st.integers(trunk.warmup, trunk.decay_from))
    branch = trunk.branch(at, more)
    assert branch.steps == at + more
    assert [branch.factor(step) for step in range(at)] == [trunk.factor(step) for step in range(at)]
    assert all(0 < branch.factor(step) <= 1 for step in range(branch.steps))
    assert branch.factor(branch.steps) == 0


def test_branches_of_one_trunk_differ_in_their_decay_only() -> None:
    trunk = Schedule(1000, 10, 1000)
    early, late = trunk.branch(300, 100), trunk.branch(600, 100)
    assert [early.factor(300 + step) for step in range(100)] == [
        late.factor(600 + step) for step in range(100)
    ]


@pytest.mark.parametrize("at", [9, 701])
def test_no_branch_where_the_trunk_is_not_flat(at: int) -> None:
    with pytest.raises(GlaswerkError, match="step 10 to 700"):
        Schedule(1000, 10, 700).branch(at, 100)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [((10, 0, 11), "10 steps"), ((10, -1, 5), "does not fit")],
)
def test_what_cannot_be_is_refused(wrong: tuple[int, ...], words: str) -> None:
    with pytest.raises(GlaswerkError, match=words):
        Schedule(*wrong)
