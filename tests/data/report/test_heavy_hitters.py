"""Counts in bounded memory: exact while they fit, and never further off than they say."""

from __future__ import annotations

import pickle
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.report.heavy_hitters import HeavyHitters

NAMES = st.lists(st.integers(0, 30).map(str), max_size=60)


def counted(batches: list[list[str]], cap: int) -> HeavyHitters:
    tally = HeavyHitters(cap)
    for batch in batches:
        tally.add(Counter(batch))
    return tally


@given(st.lists(NAMES, max_size=8), st.lists(NAMES, max_size=8), st.integers(1, 8))
def test_counts_are_at_most_as_much_too_low_as_stated_even_when_merged(
    ours: list[list[str]], theirs: list[list[str]], cap: int
) -> None:
    truth = Counter(name for batch in ours + theirs for name in batch)
    tally = counted(ours, cap)
    tally.merge(counted(theirs, cap))
    assert tally.total == truth.total()
    assert tally.missed <= tally.total / (cap + 1)
    assert len(tally.counts) <= 2 * cap
    for name, count in truth.items():
        assert count - tally.missed <= tally.counts.get(name, 0) <= count


@given(st.lists(NAMES, max_size=6), st.integers(0, 6))
def test_while_names_fit_merged_parts_equal_the_whole(batches: list[list[str]], cut: int) -> None:
    whole, first = counted(batches, 50), counted(batches[:cut], 50)
    first.merge(pickle.loads(pickle.dumps(counted(batches[cut:], 50))))
    assert first.figures(9) == whole.figures(9)
    assert whole.missed == 0


def test_the_most_frequent_come_first_and_equal_ones_by_name() -> None:
    assert counted([["b", "a", "c", "c"]], 10).top(2) == [("c", 2), ("a", 1)]


def test_nothing_counted_is_exact() -> None:
    assert HeavyHitters().figures(5) == {"total": 0, "distinct": 0, "missed": 0, "top": []}
    assert HeavyHitters().top(0) == []


def test_a_name_added_twice_is_one_name() -> None:
    counter = HeavyHitters()
    counter.add({"Größe": 2, "": 1})
    counter.add({"Größe": 3})
    assert counter.figures(1) == {
        "total": 6,
        "distinct": 2,
        "missed": 0,
        "top": [{"name": "Größe", "count": 5}],
    }


def test_up_to_twice_the_cap_every_count_is_exact_and_beyond_it_memory_is_bounded() -> None:
    counter = HeavyHitters(cap=10)
    counter.add({f"name {number}": number + 1 for number in range(20)})
    assert (counter.missed, len(counter.counts)) == (0, 20)
    counter.add({"one more": 1})
    assert len(counter.counts) <= 10
    assert counter.missed > 0
    assert counter.top(1)[0][0] == "name 19"


def test_a_stream_of_names_that_never_repeat_cannot_push_out_a_frequent_one() -> None:
    counter = HeavyHitters(cap=4)
    for number in range(300):
        counter.add({f"once {number}": 1, "often": 1})
    assert counter.top(1)[0][0] == "often"
    assert counter.counts["often"] + counter.missed >= 300
    assert counter.missed <= counter.total / (counter.cap + 1)
