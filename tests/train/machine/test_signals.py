"""The first Ctrl-C or SIGTERM is noted; the handlers that were there before come back.

Signals are sent in a process of their own, which nothing else that a test once started can disturb.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from glaswerk.train.machine.signals import stop_signals

BOTH = [signal.SIGINT, signal.SIGTERM]
BEGIN = """
import signal
from glaswerk.train.machine.signals import stop_signals
signal.signal(signal.SIGINT, signal.default_int_handler)
both = [signal.SIGINT, signal.SIGTERM]
before = [signal.getsignal(one) for one in both]
"""


def _run(program: str) -> str:
    """What a program says that follows BEGIN; it must end well."""
    words = [sys.executable, "-c", BEGIN + textwrap.dedent(program)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_is_noted_and_interrupts_nothing(number: signal.Signals) -> None:
    said = _run(f"""
        with stop_signals() as stopped:
            print(stopped())
            signal.raise_signal({int(number)})
            print(stopped(), stopped())
        """)
    assert said == "False\nTrue True\n", "it stays noted"


def test_a_second_ctrl_c_acts_as_usual() -> None:
    said = _run("""
        with stop_signals() as stopped:
            signal.raise_signal(signal.SIGINT)
            print(stopped())
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                print("interrupted")
        """)
    assert said == "True\ninterrupted\n"


@pytest.mark.parametrize("number", BOTH)
def test_afterwards_the_handlers_are_those_of_before(number: signal.Signals) -> None:
    said = _run(f"""
        with stop_signals():
            signal.raise_signal({int(number)})
        print([signal.getsignal(one) for one in both] == before)
        """)
    assert said == "True\n"


def test_in_another_thread_nothing_is_noted_and_nothing_changes() -> None:
    before, seen = signal.getsignal(signal.SIGINT), list[bool]()

    def work() -> None:
        with stop_signals() as stopped:
            seen.append(stopped())
            seen.append(signal.getsignal(signal.SIGINT) is before)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [False, True]
