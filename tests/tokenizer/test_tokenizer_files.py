"""Copying a tokenizer into a model folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.tokenizer.tokenizer_files import FILES, copy_tokenizer


@pytest.mark.parametrize("present", [FILES, FILES[:2], FILES[:1], ()])
def test_exactly_the_files_of_the_tokenizer_are_copied(present: tuple[str, ...], tmp_path: Path) -> None:
    source, target = tmp_path / "tokenizer", tmp_path / "model"
    source.mkdir()
    target.mkdir()
    (source / "manifest.json").write_text("{}")
    for name in present:
        (source / name).write_text(f"content of {name} Ω")
    copy_tokenizer(source, target)
    assert {file.name: file.read_text() for file in target.iterdir()} == {
        name: f"content of {name} Ω" for name in present
    }


def test_an_older_copy_is_replaced(tmp_path: Path) -> None:
    source, target = tmp_path / "tokenizer", tmp_path / "model"
    source.mkdir()
    target.mkdir()
    (source / FILES[0]).write_text("new")
    (target / FILES[0]).write_text("old")
    copy_tokenizer(source, target)
    assert (target / FILES[0]).read_text() == "new"
