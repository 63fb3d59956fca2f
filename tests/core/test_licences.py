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
        ("Apache-2.0 WITH LLVM-exception", set(), True),
        ("Apache-2.0 WITH CC-BY-NC-4.0", {NC}, True),
        ("MIT WITH Commons-Clause", {NC}, False),
        ("BUSL-1.1", {NC}, True),
        ("CC BY\u2011NC 4.0", {NC}, False),
        ("CC\u2013BY\u2013NC\u20134.0", {NC}, True),
        ("CC/BY/NC", {NC}, False),
        ("CC.BY.NC.SA.4.0", {NC, SA}, False),
        ("CCBYNCND", {NC, ND}, False),
        ("C\u0421-BY-N\u0421-4.0", {NC}, True),
        ("\uff23\uff23-\uff22\uff39-\uff2e\uff23", {NC}, False),
        ("cc-by-n\u00adc-4.0", {NC}, True),
        ("CC BY NC\u200b4.0", {NC}, False),
        ("https://creativecommons.org/licenses/by-nd/4.0/deed.de", {ND}, False),
        ("Namensnennung - Nicht kommerziell 4.0", {NC}, False),
        ("for research use only", {NC}, False),
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


@pytest.mark.parametrize(
    ("licence", "faults"),
    [
        ("MIT OR CC-BY-NC-4.0", 0),
        ("CC0-1.0 AND (MIT OR CC-BY-NC-4.0)", 0),
        ("CC-BY-NC-4.0 OR CC-BY-NC-SA-4.0", 1),
        ("CC-BY-SA-4.0 OR CC-BY-NC-4.0", 1),
        ("CC-BY-ND-4.0 OR CC-BY-NC-4.0", 1),
        ("MIT AND (CC-BY-ND-4.0 OR CC-BY-NC-4.0)", 1),
        ("(CC-BY-NC-4.0 OR MIT) AND (CC-BY-ND-4.0 OR MIT)", 0),
    ],
)
def test_of_alternatives_one_that_is_free_must_be_there(licence: str, faults: int) -> None:
    found = list(rights_faults(licence, "licensed", "public", False, (), "Apache-2.0"))
    assert len(found) == faults
    assert all(licence in words for words in found)


def test_an_expression_of_many_alternatives_is_read_in_time() -> None:
    choice = " AND ".join(f"(MIT OR CC-BY-NC-{number}.0)" for number in range(1, 40))
    assert [words[-24:] for words in rights_faults(choice, "licensed", "public", False)] == [
        "(declare non-commercial)"
    ]


@pytest.mark.parametrize(
    "licence", ["", " ", "unknown", "?", "N/A", "none", "NOASSERTION", "other", "Not specified"]
)
def test_words_that_name_no_licence_are_an_unknown_one(licence: str) -> None:
    assert list(rights_faults(licence, "licensed", "public", False)) == ["its licence is unknown"]


@pytest.mark.parametrize(
    "licence", ["All rights reserved", "proprietary", "Copyright 2020 Lena", "© 2020 Lena", "(c) Lena"]
)
def test_words_that_keep_all_rights_are_an_obstacle_unless_the_owner_agreed(licence: str) -> None:
    assert list(rights_faults(licence, "public", "public", False)) == [
        f"its licence {licence} grants no right to use it"
    ]
    assert not list(rights_faults(licence, "own", "public", False))
    assert not list(rights_faults(licence, "licensed", "public", False))
