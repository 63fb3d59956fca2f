"""Hints can be typed as they are: they name the lab, quoted, once for each verb that takes one."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.cli.invocation import command_line, with_lab
from glaswerk.cli.verbs import GROUPS, VERBS, WITHOUT_LAB


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        ("glaswerk curate", "glaswerk curate --lab L"),
        ("glaswerk add posts A.zip --licence own", "glaswerk add posts --lab L A.zip --licence own"),
        ("glaswerk model show base", "glaswerk model show --lab L base"),
        ("`glaswerk status` lists them", "`glaswerk status --lab L` lists them"),
        ("glaswerk rebuild, then glaswerk train", "glaswerk rebuild --lab L, then glaswerk train --lab L"),
        ("glaswerk what-if --author x", "glaswerk what-if --lab L --author x"),
        ("glaswerk init", "glaswerk init"),
        ("glaswerk explain near-duplicate", "glaswerk explain near-duplicate"),
        ("glaswerk help add posts", "glaswerk help add posts"),
        ("glaswerk town my-town", "glaswerk town my-town"),
        ("glaswerk training is fun", "glaswerk training is fun"),
        ("glaswerk curate --lab other", "glaswerk curate --lab other"),
        ("pip install glaswerk", "pip install glaswerk"),
        ("check who owns the folder", "check who owns the folder"),
        ("", ""),
    ],
)
def test_each_verb_of_a_hint_gets_the_lab_if_it_takes_one(hint: str, expected: str) -> None:
    assert with_lab(hint, Path("L")) == expected


def test_a_hint_stays_as_it_is_when_no_lab_was_given() -> None:
    assert with_lab("glaswerk curate", None) == "glaswerk curate"


@given(st.text(st.characters(exclude_characters="\0"), min_size=1).filter(lambda name: "--lab" not in name))
def test_any_folder_survives_the_shell(name: str) -> None:
    folder = Path(name)
    words = shlex.split(with_lab("glaswerk curate", folder))
    assert words == ["glaswerk", "curate", "--lab", str(folder)]


@pytest.mark.parametrize("verb", sorted(set(VERBS) - set(WITHOUT_LAB) - set(GROUPS)))
def test_every_verb_with_a_lab_is_known(verb: str) -> None:
    assert with_lab(f"glaswerk {verb}", Path("L")) == f"glaswerk {verb} --lab L"


def test_the_command_line_can_be_typed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = ["add", "docs", "my notes/*.md", "--author", "O'Hara", "--licence", "own"]
    monkeypatch.setattr(sys, "argv", ["/usr/bin/glaswerk", *typed])
    assert shlex.split(command_line()) == ["glaswerk", *typed]
