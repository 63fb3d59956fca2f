"""The one wording of what a deletion reaches."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from glaswerk.data.removal.reach import Reach
from glaswerk.data.removal.wording import reach_figures, reach_lines


def named(*ids: str, source: str = "posts") -> list[dict[str, Any]]:
    return [{"id": name, "source": source, "author": "hazel"} for name in ids]


def test_each_line_counts_one_way_in_which_a_deletion_reaches_documents() -> None:
    reach = Reach(
        named("x:1", "x:2") + named("letters:a", source="letters"),
        copies=["x:7"],
        related=[("x:8", "reply"), ("x:9", "reply"), ("x:6", "retweet")],
        derived=["notes:1"],
        held_back=(("x:7", "x:1"),),
    )
    assert list(reach_lines(reach)) == [
        "documents  3  (letters 1, posts 2)",
        "copies     1 with the same words by others: x:7",
        "stay out   1 of these copies, left out before as duplicates: x:7; --copies keep trains on them, "
        "--copies forget marks them as well",
        "related    2 reply, 1 retweet by others (retweets go with it, the rest is theirs)",
        "derived    1 made from it, which go with it: notes:1",
    ]


def test_a_deletion_that_reaches_nothing_says_so_on_every_line() -> None:
    assert list(reach_lines(Reach([], [], [], []))) == [
        "documents  0",
        "copies     0 with the same words by others",
        "related    nothing by others (retweets go with it, the rest is theirs)",
        "derived    0 made from it, which go with it",
    ]


def test_only_the_first_five_ids_are_named() -> None:
    five, six = (list(reach_lines(Reach([], list("abcdef")[:n], [], []))) for n in (5, 6))
    assert five[1].endswith(": a, b, c, d, e")
    assert six[1].endswith(": a, b, c, d, e …")


def test_large_counts_are_grouped_by_thousands() -> None:
    lines = list(reach_lines(Reach(named(*map(str, range(1234))), [], [("x", "quote")] * 5678, [])))
    assert lines[0] == "documents  1,234  (posts 1,234)"
    assert lines[2].startswith("related    5,678 quote ")


names = st.lists(st.text(min_size=1, max_size=8), max_size=8)


@given(names, names, names)
def test_figures_are_json_and_agree_with_the_reach(
    ids: list[str], copies: list[str], derived: list[str]
) -> None:
    found = reach_figures(Reach(named(*ids), copies, [(name, "reply") for name in copies], derived))
    assert json.loads(json.dumps(found)) == found
    assert found["ids"] == sorted(ids)
    assert sum(found["documents"].values()) == len(ids)
    assert sum(found["related"].values()) == len(copies)
