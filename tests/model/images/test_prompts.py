"""Prompts are cleaned, cut and padded as diffusers' pipeline does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_painters import small_painter

from glaswerk.model.images.prompts import LONGEST, clean_caption, padded


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("  a &amp;amp; b\n", "a & b"),
        ("a caf\u00c3\u00a9", "a café"),
        ("“red”", '"red"'),
        ("<b>bold</b>", "<b>bold</b>"),
        ("", ""),
    ],
)
def test_captions_are_cleaned(text: str, clean: str) -> None:
    assert clean_caption(text) == clean


def test_every_prompt_begins_with_the_start_token_and_is_cut(tmp_path: Path) -> None:
    prompts = small_painter(tmp_path).prompts
    assert prompts.ids("") == [prompts.start_id]
    assert prompts.ids("a red house")[0] == prompts.start_id
    assert len(prompts.ids("red " * 10**6)) == prompts.length
    assert len(clean_caption("a" * 10**6)) == LONGEST


def test_a_name_of_a_special_token_in_a_prompt_is_only_text(tmp_path: Path) -> None:
    prompts = small_painter(tmp_path).prompts
    assert prompts.ids("a <|endoftext|> b").count(prompts.start_id) >= 1


def test_rows_are_padded_on_the_right() -> None:
    ids, mask = padded([[5], [5, 6, 7]], pad=5)
    assert ids.tolist() == [[5, 5, 5], [5, 6, 7]]
    assert mask.tolist() == [[True, False, False], [True, True, True]]
