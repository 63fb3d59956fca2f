"""Counts of what models learnt from content that is now forgotten, and when they are out of date."""

from __future__ import annotations

from collections.abc import Callable

from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten, Tombstone
from glaswerk.lineage.exposure import Exposure, exposure_basis, exposures, record_exposure

FOUND = Exposure(documents=3, tokens=120, seen=360, certain=False, reserved=1, basis="b")


def test_nothing_is_counted_before_it_was_recorded(empty_lab: Lab) -> None:
    assert exposures(empty_lab) == {}


def test_a_count_is_read_as_it_was_recorded_and_replaced_by_the_next(empty_lab: Lab) -> None:
    record_exposure(empty_lab, "b2:1", FOUND)
    record_exposure(empty_lab, "b2:2", FOUND)
    assert exposures(empty_lab) == {"b2:1": FOUND, "b2:2": FOUND}
    later = Exposure(0, 0, 0, True, 0, "c")
    record_exposure(empty_lab, "b2:1", later)
    assert exposures(empty_lab) == {"b2:1": later, "b2:2": FOUND}


def test_a_mark_and_a_source_change_the_basis_and_other_artifacts_do_not(
    empty_lab: Lab, make: Callable[..., Artifact]
) -> None:
    bases = [exposure_basis(empty_lab)]
    make("corpus", "main")
    assert exposure_basis(empty_lab) == bases[0]
    source = make("source", "posts")
    bases.append(exposure_basis(empty_lab))
    Forgotten((Tombstone("id", "posts:1"),)).write(empty_lab.root)
    bases.append(exposure_basis(empty_lab))
    assert len(set(bases)) == 3
    Forgotten().write(empty_lab.root)
    empty_lab.remove(source)
    assert exposure_basis(empty_lab) == bases[0]


def test_the_order_of_marks_does_not_change_the_basis(empty_lab: Lab) -> None:
    marks = (Tombstone("id", "a"), Tombstone("author", "b"))
    Forgotten(marks).write(empty_lab.root)
    basis = exposure_basis(empty_lab)
    Forgotten(marks[::-1]).write(empty_lab.root)
    assert exposure_basis(empty_lab) == basis
