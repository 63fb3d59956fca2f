"""Rights that keep a document out of a release are named, each once."""

from __future__ import annotations

import pytest

from glaswerk.core.rights import ADOPTED_WEIGHTS, rights_faults


@pytest.mark.parametrize(
    ("licence", "acquired", "audience", "reserved", "words"),
    [
        ("CC0-1.0", "own", "public", False, []),
        ("MIT", "synthetic", "public", False, []),
        ("", "own", "public", False, ["its licence is unknown"]),
        (" Unknown ", "own", "public", False, ["its licence is unknown"]),
        ("MIT", "", "public", False, ["how it was acquired is unknown"]),
        ("MIT", "unknown", "public", False, ["how it was acquired is unknown"]),
        ("MIT", "public", "limited", False, ["its audience is limited"]),
        ("MIT", "public", "private", False, ["its audience is private"]),
        ("MIT", "licensed", "public", True, ["its owner reserved text and data mining"]),
        ("Apache-2.0", ADOPTED_WEIGHTS, "public", False, ["what it was trained on is unknown"]),
    ],
)
def test_each_fault_has_its_words(
    licence: str, acquired: str, audience: str, reserved: bool, words: list[str]
) -> None:
    assert list(rights_faults(licence, acquired, audience, reserved)) == words


def test_all_faults_of_a_document_are_named_the_reservation_first() -> None:
    found = list(rights_faults("unknown", "unknown", "private", True))
    assert len(found) == 4
    assert "reserved" in found[0]
