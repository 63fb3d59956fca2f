"""Text from outside cannot control the terminal."""

from __future__ import annotations

import os

import pytest

from glaswerk.core.printable import LINES, printable


@pytest.mark.parametrize("text", ["notes/a b.md", "Grüße", "会議.txt", "שלום.txt", "🙂.md", ""])
def test_ordinary_names_stay_as_they_are(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nhint: rm -rf", r"a\nhint: rm -rf"),
        ("\x1b[2Jgone", r"\x1b[2Jgone"),
        ("tab\there", r"tab\there"),
        ("annual\u202etxt.exe", r"annual\u202etxt.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("line\u2028end", r"line\u2028end"),
        ("bell\x07", r"bell\x07"),
        (os.fsdecode(b"caf\xe9.txt"), r"caf\xe9.txt"),
        ("\ud800", r"\ud800"),
    ],
)
def test_what_controls_the_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(text).encode()


def test_line_ends_are_kept_where_they_are_ours() -> None:
    assert printable("one\ntwo\x1b", keep=LINES) == "one\ntwo\\x1b"
