"""The rights of a lab's content are counted by source, with what keeps it from a release."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from small_labs import add_source, doc

from glaswerk.data.removal.rights import RightsRow, reserved_ids, rights_table
from glaswerk.lab import Artifact, Lab
from glaswerk.lineage.stages import ADOPTED


def test_each_combination_of_rights_is_one_row_the_most_frequent_first(empty_lab: Lab) -> None:
    add_source(
        empty_lab,
        "b",
        [
            doc("b:1", licence="CC-BY-4.0", author="ann", acquired="licensed"),
            doc("b:2", author="ann", acquired="own"),
            doc("b:3", author="ann", acquired="own"),
            doc("b:4", author="bob", acquired="own"),
            doc("b:5", acquired="own"),
        ],
    )
    add_source(empty_lab, "a", [doc("a:1", acquired="own", tdm_opt_out=True)])
    assert rights_table(empty_lab) == [
        RightsRow("a", "CC0-1.0", "own", "public", True, 1, 0),
        RightsRow("b", "CC0-1.0", "own", "public", False, 4, 2),
        RightsRow("b", "CC-BY-4.0", "licensed", "public", False, 1, 1),
    ]


def test_an_empty_lab_has_no_rights_and_nothing_reserved(empty_lab: Lab) -> None:
    assert rights_table(empty_lab) == []
    assert reserved_ids(empty_lab) == set()


def test_adopted_weights_are_a_row_without_documents(empty_lab: Lab, make: Callable[..., Artifact]) -> None:
    make("model", "base")
    make("model", "theirs", stage=ADOPTED, licence="apache-2.0")
    rows = rights_table(empty_lab)
    assert [(row.source, row.licence, row.documents) for row in rows] == [("theirs", "apache-2.0", 0)]


@pytest.mark.parametrize(
    ("row", "named"),
    [
        (RightsRow("s", "CC0-1.0", "own", "public", False, 1, 1), ()),
        (RightsRow("s", "CC0-1.0", "own", "private", False, 1, 1), ("private",)),
        (RightsRow("s", "CC0-1.0", "own", "public", True, 1, 1), ("reserv",)),
        (RightsRow("s", "CC0-1.0", "unknown", "limited", True, 1, 1), ("unknown", "limited", "reserv")),
    ],
)
def test_every_obstacle_to_a_release_is_named(row: RightsRow, named: tuple[str, ...]) -> None:
    assert bool(row.obstacle) == bool(named)
    assert all(word in row.obstacle for word in named)


def test_a_reservation_in_any_source_counts_also_for_purged_documents(empty_lab: Lab) -> None:
    add_source(empty_lab, "a", [doc("x:1"), doc("x:2", tdm_opt_out=True)])
    source = add_source(empty_lab, "b", [doc("x:1", tdm_opt_out=True), doc("x:3")])
    assert reserved_ids(empty_lab) == {"x:1", "x:2"}
    (source.path / "documents.parquet").rename(source.path / "purged.parquet")
    assert reserved_ids(empty_lab) == {"x:1", "x:2"}
