"""The facts of a match on one line, and the index that a verb searches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from glaswerk.cli.tracing import facts, index_of
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.trace import Match

MATCH = Match(
    "x:1",
    "ada",
    "2023-05-01T10:00:00+00:00",
    "text",
    0,
    4,
    "own",
    "https://x.com/1",
    "posts",
    "post",
    "train",
)


def test_the_facts_are_author_date_licence_address_and_split() -> None:
    assert facts(MATCH) == "ada  2023-05-01  own  https://x.com/1  train"


def test_what_is_not_known_leaves_no_gap() -> None:
    assert facts(replace(MATCH, author="", created_at="", url="")) == "own  train"


def test_the_side_of_a_pair_and_duplicates_are_named() -> None:
    line = facts(replace(MATCH, split="preference", side="chosen", duplicates=1234))
    assert line.endswith("preference, chosen  1,234 duplicates left out")


def test_a_missing_index_says_how_to_make_it(empty_lab: Lab, make: Callable[..., Artifact]) -> None:
    with pytest.raises(GlaswerkError) as caught:
        index_of(empty_lab, "main.main")
    assert caught.value.hint == "glaswerk pack"
    made = make("trace", "main.main")
    assert index_of(empty_lab, "main.main") == made
    with pytest.raises(GlaswerkError, match=r"there: main\.main") as caught:
        index_of(empty_lab, "main.other")
    assert caught.value.hint == "the same with --shards main.main"
