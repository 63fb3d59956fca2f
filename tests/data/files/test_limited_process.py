"""A program has limited time and memory, and its end says why a file was left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from glaswerk.data.files.left_out import LeftOut
from glaswerk.data.files.limited_process import run_limited


def test_what_the_program_writes_is_given_back(tmp_path: Path) -> None:
    program = tmp_path / "a.py"
    program.write_text("import sys, json; sys.stdout.write(json.dumps(sys.stdin.buffer.read().decode()))")
    assert run_limited(program, b"mill") == "mill"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError", "broken_file"),
        ("import sys; sys.exit(4)", "encrypted"),
        ("import sys; sys.exit(5)", "too_big"),
        ("def f(): f()\nf()", "nested_too_deep"),
        ("x = b'x' * (3 << 30)", "too_big"),
        pytest.param("while True: pass", "too_big", marks=pytest.mark.slow),
    ],
)
def test_a_program_that_fails_or_does_not_end_leaves_the_file_out(
    tmp_path: Path, source: str, reason: str
) -> None:
    program = tmp_path / "a.py"
    program.write_text(source)
    with pytest.raises(LeftOut) as caught:
        run_limited(program, b"")
    assert caught.value.reason == reason
