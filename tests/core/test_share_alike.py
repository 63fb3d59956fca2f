"""What asks for the same licence, and which licences are the same, later or compatible."""

from __future__ import annotations

import pytest

from glaswerk.core.rights import ADOPTED_WEIGHTS, rights_faults
from glaswerk.core.share_alike import may_be_under, shares_alike


@pytest.mark.parametrize(
    ("licence", "documents", "weights"),
    [
        ("CC-BY-SA-4.0", True, True),
        ("CC BY-SA 3.0", True, True),
        ("CC-BY-NC-SA-4.0", True, True),
        ("ODbL-1.0", True, True),
        ("Open Database License", True, True),
        ("CDLA-Sharing-1.0", True, True),
        ("GFDL-1.3-or-later", True, True),
        ("MIT AND CC-BY-SA-4.0", True, True),
        ("GPL-3.0-only", False, True),
        ("AGPL-3.0-or-later", False, True),
        ("LGPL-2.1-only", False, True),
        ("GPLv3", False, True),
        ("MIT OR GPL-3.0-only", False, False),
        ("Apache-2.0", False, False),
        ("CC-BY-4.0", False, False),
        ("own", False, False),
    ],
)
def test_share_alike_holds_for_all_content_and_copyleft_for_weights(
    licence: str, documents: bool, weights: bool
) -> None:
    assert (shares_alike(licence, weights=False), shares_alike(licence, weights=True)) == (documents, weights)


@pytest.mark.parametrize(
    ("licence", "release", "fits"),
    [
        ("CC-BY-SA-4.0", "CC-BY-SA-4.0", True),
        ("CC BY-SA 4.0", "cc-by-sa-4.0", True),
        ("CC-BY-SA-3.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-4.0", "CC-BY-SA-3.0", False),
        ("CC-BY-SA-4.0", "GPL-3.0-only", True),
        ("CC-BY-SA-4.0", "GPL-2.0-only", False),
        ("CC-BY-SA-4.0", "CC-BY-4.0", False),
        ("CC-BY-SA-4.0", "CC-BY-NC-SA-4.0", False),
        ("CC-BY-SA-4.0", "MIT", False),
        ("CC-BY-SA-3.0-DE", "CC-BY-SA-3.0", True),
        ("ODbL-1.0", "ODbL-1.0", True),
        ("ODbL-1.0", "CC-BY-SA-4.0", False),
        ("GPL-2.0-only", "GPL-3.0-only", False),
        ("GPL-2.0-or-later", "GPL-3.0-only", True),
        ("GPL-2.0-only", "GPL-2.0", True),
        ("GPL-3.0-only", "AGPL-3.0-only", True),
        ("GPL-2.0-only", "AGPL-3.0-only", False),
        ("LGPL-2.1-only", "GPL-2.0-only", True),
        ("MIT AND CC-BY-SA-4.0", "MIT", False),
        ("MIT AND CC-BY-SA-4.0", "CC-BY-SA-4.0", True),
        ("CC-BY-SA-4.0 AND ODbL-1.0", "CC-BY-SA-4.0 AND ODbL-1.0", True),
        ("CC-BY-SA-4.0 AND ODbL-1.0", "ODbL-1.0", False),
        ("CC-BY-SA-4.0 OR GPL-3.0-only", "GPL-3.0-only", True),
    ],
)
def test_a_licence_is_met_by_itself_by_later_versions_and_by_those_it_names(
    licence: str, release: str, fits: bool
) -> None:
    assert may_be_under(licence, release) == fits


def test_the_licence_of_the_release_decides_before_what_is_declared() -> None:
    rights = ("CC-BY-SA-4.0", "public", "public", False)
    asks = "its licence CC-BY-SA-4.0 asks that what is made from it has the same licence"
    assert list(rights_faults(*rights)) == [f"{asks} (declare share-alike)"]
    assert list(rights_faults(*rights, ["share-alike"])) == []
    assert list(rights_faults(*rights, (), "CC-BY-SA-4.0")) == []
    assert list(rights_faults(*rights, ["share-alike"], "MIT")) == [
        f"{asks}, and the release is under MIT (model_licence in answers.toml)"
    ]


def test_copyleft_counts_for_weights_and_not_for_documents() -> None:
    assert list(rights_faults("GPL-3.0-only", "public", "public", False)) == []
    assert any(
        "same licence" in words for words in rights_faults("GPL-3.0-only", ADOPTED_WEIGHTS, "public", False)
    )
