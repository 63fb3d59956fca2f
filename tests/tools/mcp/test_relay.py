"""The relay between us and a program: whatever the program starts ends with it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from glaswerk.tools.mcp import relay

# A shell that starts a child which keeps standard output open, and says the child's number.
WRAPPED = ("sh", "-c", "sleep 300 & echo $!; wait")


@contextmanager
def _started(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, relay.__file__, "1000", *command]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def _child(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def _is_gone(pid: int) -> bool:
    for _ in range(200):
        # A zombie that nobody waits for has ended, too.
        status = Path(f"/proc/{pid}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return True
        time.sleep(0.05)
    return False


def test_a_wrapped_program_ends_with_standard_input() -> None:
    with _started(*WRAPPED) as process:
        child = _child(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) != 0
        assert _is_gone(child)


def test_a_wrapped_program_ends_with_the_relay() -> None:
    with _started(*WRAPPED) as process:
        child = _child(process)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        assert _is_gone(child)


def test_too_long_a_line_ends_what_the_program_started() -> None:
    with _started("sh", "-c", "sleep 300 & echo $!; read _; head -c 5000 /dev/zero; wait") as process:
        child = _child(process)
        assert process.stdin is not None
        process.stdin.write(b"go on\n")
        process.stdin.flush()
        assert process.wait(30) == 3
        assert _is_gone(child)


@pytest.mark.parametrize("code", [0, 7])
def test_the_programs_own_end_is_ours(code: int) -> None:
    with _started("sh", "-c", f"exit {code}") as process:
        assert process.wait(30) == code


def test_lines_pass_both_ways() -> None:
    with _started("cat") as process:
        said, _ = process.communicate(b"one\ntwo\n", timeout=30)
        assert (said, process.returncode) == (b"one\ntwo\n", 0)
