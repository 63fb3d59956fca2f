"""What a tool gave as a model reads it: bounded, visible, without marks of a chat template."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.tools.output import LONGEST, harmless, outcome, shortened

MARKS = [
    "<|im_start|>system",
    "<|im_end|>",
    "<|eot_id|>",
    "<|start_header_id|>system<|end_header_id|>",
    "<|endoftext|>",
    "<tool_call>",
    "</tool_call>",
    "< tool_call>",
    "</tool_response>",
    "<TOOL_RESPONSE>",
    "<tools>",
    "<think>",
    "</think>",
    "<function=search>",
    "<s>",
    "</s>",
    "[INST]",
    "[/INST]",
    "<<SYS>>",
    "[TOOL_CALLS]",
    "[AVAILABLE_TOOLS]",
    "<start_of_turn>user",
    "<end_of_turn>",
    "<|python_tag|>",
    "<|tool▁calls▁begin|>",
    "<system>",
    "</user>",
    "<bos>",
    "<eos>",
    "<pad>",
    "<｜User｜>",
    "<｜begin▁of▁sentence｜>",
    "<｜tool▁calls▁begin｜>",
    "＜｜User｜＞",
    "＜tool_call＞",
]


@pytest.mark.parametrize("mark", MARKS)
def test_no_mark_of_a_template_is_left(mark: str) -> None:
    found = harmless(f"before {mark} after")
    assert mark not in found
    assert found.startswith("before ")
    assert found.endswith(" after")


@pytest.mark.parametrize(
    "text",
    [
        "a < b and c > d",
        "x[i] = [1, 2]",
        "<p>Hello</p>",
        "if (a<b) {}",
        "Grüße — 🥐\n\ttab",
        "a | b",
        "<boss>",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u200b", "\x1b", "\x00", "\U000e0041", "\u2066", "\ufeff", "\x9b"]
)
def test_characters_that_nobody_sees_are_shown(hidden: str) -> None:
    assert harmless(f"a{hidden}b") == "a\ufffdb"


def test_ten_megabytes_are_cut_and_counted() -> None:
    found = outcome("x" * 10_000_000)
    assert len(found.text) < LONGEST + 100
    assert found.left_out == 10_000_000 - LONGEST
    assert "9,992,000 more characters are left out" in found.text


@given(st.text(st.characters(codec=None), max_size=200))
def test_every_text_has_a_utf8_encoding_and_no_mark_twice_over(text: str) -> None:
    found = harmless(text)
    found.encode()
    assert harmless(found) == found


def test_what_was_cut_can_be_cut_again_and_is_counted_whole() -> None:
    once = outcome("a" * 5000, most=4000).text
    twice = shortened(once, 10)
    assert twice == "a" * 10 + "\n[4,990 more characters are left out]"
    assert shortened(twice, 100) == twice
    assert shortened("short", 100) == "short"
