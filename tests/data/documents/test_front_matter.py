"""Front matter is what a file says of itself, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from x_docs import add, documents

from glaswerk.core.errors import GlaswerkError
from glaswerk.data.documents.front_matter import split_front_matter
from glaswerk.lab import Lab


def test_who_may_see_a_diary_is_heeded(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "diary.md"
    path.write_text(
        "---\nid: d1\ntitle: Monday\naudience: private # mine\ntdm_opt_out: true # yes\n"
        "tags:\n  - home\n---\nI stayed in.\n"
    )
    (found,) = documents(add(empty_lab, path))
    assert found.id == "docs:d1"
    assert found.text == "Monday\n\nI stayed in.\n"
    assert found.rights.audience == "private"
    assert found.rights.tdm_opt_out


def test_an_unknown_audience_is_an_error(empty_lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "diary.md"
    path.write_text("---\naudience: family\n---\nI stayed in.\n")
    with pytest.raises(GlaswerkError, match="family"):
        add(empty_lab, path)


def test_text_between_two_rules_stays() -> None:
    text = "---\nIt was a dark night.\n\nNobody came.\n---\nChapter two.\n"
    assert split_front_matter(text) == ({}, text)


@given(st.text("-:#a \n'\"["))
def test_any_text_is_split_or_stays(text: str) -> None:
    fields, words = split_front_matter(f"---\n{text}\n---\nEnd.")
    assert words.endswith("End.")
    assert all(isinstance(key, str) for key in fields)
