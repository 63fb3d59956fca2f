"""`explain`: one reason, or all of them by the stage that gives them."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from glaswerk.cli.main import cli
from glaswerk.core.errors import GlaswerkError
from glaswerk.data.store.reasons import ADDING, CURATION, MASKED, PACKING, REASONS


def explained(*words: str) -> str:
    result = CliRunner().invoke(cli, ["explain", *words], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_without_a_reason_all_are_listed_by_stage_in_their_order() -> None:
    page = explained()
    blocks = page.split("\n\n")
    for block, reasons in zip(blocks, (ADDING, CURATION, PACKING, MASKED), strict=False):
        assert re.findall(r"^  (\S+) ", block, re.MULTILINE) == list(reasons)
    assert page.rstrip().endswith("glaswerk explain REASON prints how to change it")


def test_each_line_of_the_list_says_what_the_reason_means() -> None:
    line = next(line for line in explained().splitlines() if line.startswith("  retweet "))
    assert REASONS["retweet"].meaning.startswith(line.split(maxsplit=1)[1].removesuffix(" …"))


@pytest.mark.parametrize("reason", ["near-duplicate", "near_duplicate", "direct_message", "iban"])
def test_a_reason_is_explained_with_how_to_change_it(reason: str) -> None:
    found = REASONS.get(reason) or REASONS[reason.replace("_", "-")]
    assert explained(reason).strip() == f"{found.meaning} {found.change}"


def test_a_misspelt_reason_is_answered_with_the_nearest() -> None:
    with pytest.raises(GlaswerkError) as caught:
        explained("near-duplicat")
    assert caught.value.hint == "glaswerk explain near-duplicate"
