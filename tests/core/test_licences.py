"""What licences forbid is read from SPDX expressions, ids and names as people write them."""

from __future__ import annotations

import pytest

from glaswerk.core.licences import DECLARATIONS, licence_terms
from glaswerk.core.rights import rights_faults

NC, ND, SA = "non-commercial", "no-derivatives", "share-alike"


@pytest.mark.parametrize(
    ("licence", "terms", "known"),
    [
        ("CC0-1.0", set(), True),
        ("Apache-2.0", set(), True),
        ("CC-BY-4.0", set(), True),
        ("CC-BY-NC-4.0", {NC}, True),
        ("cc-by-nc-sa-4.0", {NC, SA}, True),
        ("CC-BY-NC-ND-3.0", {NC, ND}, True),
        ("CC-BY-ND-4.0", {ND}, True),
        ("PolyForm-Noncommercial-1.0.0", {NC}, True),
        ("CC-BY-SA-4.0", {SA, "copyleft"}, True),
        ("GPL-3.0-only", {"copyleft"}, True),
        ("MIT OR CC-BY-NC-4.0", set(), True),
        ("MIT AND CC-BY-NC-4.0", {NC}, True),
        ("(CC-BY-NC-4.0 OR CC-BY-NC-ND-4.0) AND MIT", {NC}, True),
        ("CC BY-NC 4.0", {NC}, False),
        ("cc_by_nd", {ND}, False),
        ("Creative Commons NonCommercial", {NC}, False),
        ("own", set(), False),
        ("llama3.1", set(), False),
        ("AND AND (", set(), False),
        ("", set(), False),
    ],
)
def test_terms_are_those_of_the_licence(licence: str, terms: set[str], known: bool) -> None:
    found = licence_terms(licence)
    assert found.terms - {"copyleft"} == terms - {"copyleft"}
    assert ("copyleft" in found.terms) >= ("copyleft" in terms)
    assert found.known == known


def test_a_release_that_declares_itself_so_has_no_obstacle() -> None:
    rights = ("CC-BY-NC-ND-4.0", "licensed", "public", False)
    assert list(rights_faults(*rights)) == [
        "its licence CC-BY-NC-ND-4.0 forbids commercial use (declare non-commercial)",
        "its licence CC-BY-NC-ND-4.0 forbids derived works (declare no-derivatives)",
    ]
    assert list(rights_faults(*rights, ["non-commercial"])) == [
        "its licence CC-BY-NC-ND-4.0 forbids derived works (declare no-derivatives)"
    ]
    assert list(rights_faults(*rights, DECLARATIONS)) == []
