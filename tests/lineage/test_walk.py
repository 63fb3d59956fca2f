"""The walk over lineage: everything within reach, each once, whatever circles a damaged ledger holds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.lineage.walk import base_chain, base_id, reachable

# a is made from b and c, these from d; e stands alone; f and g are a circle.
PARENTS = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "f": ["g"], "g": ["f"]}


def parents(identifier: str) -> list[str]:
    return PARENTS.get(identifier, [])


@pytest.mark.parametrize(
    ("start", "depth", "found"),
    [
        ("a", None, "abcd"),
        ("a", 0, "a"),
        ("a", 1, "abc"),
        ("a", 2, "abcd"),
        ("a", 99, "abcd"),
        ("d", None, "d"),
        ("e", None, "e"),
        ("f", None, "fg"),
        ("unknown", None, None),
    ],
)
def test_all_within_the_depth_is_reached_the_start_included(
    start: str, depth: int | None, found: str | None
) -> None:
    assert reachable(start, parents, depth) == (set(found) if found else {start})


def test_an_id_that_is_reached_twice_is_expanded_once() -> None:
    asked: list[str] = []

    def next_to(identifier: str) -> list[str]:
        asked.append(identifier)
        return parents(identifier)

    reachable("a", next_to)
    assert sorted(asked) == ["a", "b", "c", "d"]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30), st.integers(0, 9))
def test_more_depth_never_reaches_less_and_ends_at_all_there_is(
    edges: list[tuple[int, int]], start: int
) -> None:
    def next_to(identifier: str) -> list[str]:
        return [str(parent) for child, parent in edges if str(child) == identifier]

    found = [reachable(str(start), next_to, depth) for depth in range(11)]
    assert all(less <= more for less, more in pairwise(found))
    assert found[10] == reachable(str(start), next_to)
    assert all(set(next_to(one)) <= found[10] for one in found[10])


@pytest.mark.parametrize(
    ("inputs", "base"), [({}, ""), ({"shards": "s"}, ""), ({"base": "b2:1", "shards": "s"}, "b2:1")]
)
def test_a_base_is_the_input_of_that_role(inputs: dict[str, str], base: str) -> None:
    assert base_id(inputs) == base


def test_a_chain_of_bases_goes_from_the_model_to_the_first_and_names_a_lost_one_last() -> None:
    known = {"dpo": {"base": "chat"}, "chat": {"base": "base"}, "base": {"shards": "s"}}
    assert list(base_chain("dpo", lambda one: known.get(one, {}))) == ["dpo", "chat", "base"]
    del known["base"]
    assert list(base_chain("dpo", lambda one: known.get(one, {}))) == ["dpo", "chat", "base"]
    del known["chat"]
    assert list(base_chain("dpo", lambda one: known.get(one, {}))) == ["dpo", "chat"]
    assert list(base_chain("", lambda one: {})) == []


def test_a_chain_that_comes_back_to_itself_ends() -> None:
    known = {"a": {"base": "b"}, "b": {"base": "a"}}
    assert list(base_chain("a", known.__getitem__)) == ["a", "b"]


def test_a_chain_asks_no_further_than_it_is_read() -> None:
    asked: list[str] = []

    def inputs_of(model: str) -> dict[str, str]:
        asked.append(model)
        return {"base": model + "'"}

    chain = base_chain("m", inputs_of)
    assert [next(chain), next(chain)] == ["m", "m'"]
    assert asked == ["m"]
