"""Text from outside is shown on a terminal; its control characters are not obeyed."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glaswerk.core.terminal import note, one_line, visible, visible_json

ANY_TEXT = st.text(st.characters(codec=None) | st.characters(categories=("Cc", "Cf", "Cs", "Zl", "Zp")))
BIDI_CONTROLS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def is_obeyed(character: str) -> bool:
    """Whether a terminal may act on it instead of drawing it."""
    return unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in BIDI_CONTROLS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[H", r"\x1b[2J\x1b[H"),
        ("\x1b]52;c;cm0=\x07", r"\x1b]52;c;cm0=\x07"),
        ("\x1b]8;;https://evil.example\x1b\\bank\x1b]8;;\x1b\\", None),
        ("\x9b31m", r"\x9b31m"),
        ("safe\rforged", r"safe\rforged"),
        ("ab\b\bcd", r"ab\x08\x08cd"),
        ("user\u202etxt.exe", r"user\u202etxt.exe"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("name\udc80", r"name\x80"),
        ("\u200fשלום\u200e", "שלום"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("👩\u200d🚀 Zürich 東京", "👩\u200d🚀 Zürich 東京"),
    ],
)
def test_a_control_character_is_shown_as_in_python_and_ordinary_text_stays(
    text: str, shown: str | None
) -> None:
    found = visible(text)
    assert "\x1b" not in found
    assert shown is None or found == shown


@given(ANY_TEXT)
def test_no_character_that_a_terminal_obeys_passes(text: str) -> None:
    assert not [c for c in visible(text) if is_obeyed(c) and c not in "\n\t"]
    assert not [c for c in one_line(text) if is_obeyed(c)]
    visible(text).encode()


@given(ANY_TEXT)
def test_json_keeps_its_value_and_has_no_such_character_either(text: str) -> None:
    shown = visible_json(json.dumps({text: [text]}, ensure_ascii=False, indent=1))
    assert json.loads(shown) == {text: [text]}
    assert not [c for c in shown if is_obeyed(c) and c != "\n"]


def test_a_name_cannot_forge_a_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    note("warning: a\nhint: rm -rf ~", "b")
    assert capsys.readouterr().err == "warning: a\\nhint: rm -rf ~\nb\n"
    assert sys.stderr is not None
