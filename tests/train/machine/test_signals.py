"""The first Ctrl-C or SIGTERM is noted; the handlers that were there before come back.

Signals are sent in a process of their own, which nothing else that a test once started can disturb.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from glaswerk.train.machine.signals import stop_signals

BOTH = [signal.SIGINT, signal.SIGTERM]
PROGRAM = """
import json, signal
from glaswerk.train.machine.signals import stop_signals
signal.signal(signal.SIGINT, signal.default_int_handler)
both, said = [signal.SIGINT, signal.SIGTERM], {}
before = [signal.getsignal(one) for one in both]
for number in both:
    with stop_signals() as stopped:
        first = stopped()
        signal.raise_signal(number)
        noted = [first, stopped(), stopped()]
    said[number.name] = noted, [signal.getsignal(one) for one in both] == before
with stop_signals() as stopped:
    signal.raise_signal(signal.SIGINT)
    try:
        signal.raise_signal(signal.SIGINT)
        said["second"] = "nothing"
    except KeyboardInterrupt:
        said["second"] = "interrupted"
print(json.dumps(said))
"""


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """What a program saw that sent signals to itself; it must end well."""
    words = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_is_noted_and_stays_so_and_interrupts_nothing(
    said: dict[str, Any], number: signal.Signals
) -> None:
    assert said[number.name][0] == [False, True, True]


def test_a_second_ctrl_c_acts_as_usual(said: dict[str, Any]) -> None:
    assert said["second"] == "interrupted"


@pytest.mark.parametrize("number", BOTH)
def test_afterwards_the_handlers_are_those_of_before(said: dict[str, Any], number: signal.Signals) -> None:
    assert said[number.name][1] is True


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
