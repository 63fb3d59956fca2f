"""The first Ctrl-C or SIGTERM is noted; the handlers that were there before come back."""

from __future__ import annotations

import signal
import threading

import pytest

from glaswerk.train.machine.signals import stop_signals

BOTH = [signal.SIGINT, signal.SIGTERM]


@pytest.mark.parametrize("number", BOTH)
def test_a_signal_is_noted_and_interrupts_nothing(number: signal.Signals) -> None:
    with stop_signals() as stopped:
        assert not stopped()
        signal.raise_signal(number)
        assert stopped()
        assert stopped(), "it stays noted"


def test_a_second_ctrl_c_acts_as_usual(ctrl_c_interrupts: None) -> None:
    with stop_signals() as stopped:
        signal.raise_signal(signal.SIGINT)
        assert stopped()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize("number", BOTH)
def test_afterwards_the_handlers_are_those_of_before(number: signal.Signals) -> None:
    before = [signal.getsignal(one) for one in BOTH]
    with stop_signals():
        signal.raise_signal(number)
    assert [signal.getsignal(one) for one in BOTH] == before


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
