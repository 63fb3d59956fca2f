"""What a user reads of an error."""

from __future__ import annotations

import pickle

from glaswerk.core.errors import GlaswerkError, Interrupted


def test_an_error_says_its_hint_on_a_line_of_its_own() -> None:
    assert str(GlaswerkError("expected a zip, found a folder", hint="zip it")).splitlines() == [
        "expected a zip, found a folder",
        "hint: zip it",
    ]


def test_an_error_without_a_hint_is_its_message_alone() -> None:
    error = GlaswerkError("expected a zip, found a folder")
    assert str(error) == error.message == "expected a zip, found a folder"
    assert error.hint is None


def test_an_error_of_a_worker_process_arrives_with_its_message() -> None:
    error = pickle.loads(pickle.dumps(GlaswerkError("expected a zip", hint="zip it")))
    assert (error.message, error.hint) == ("expected a zip", "zip it")


def test_an_interruption_is_no_failure_and_says_where_it_stopped() -> None:
    stopped = Interrupted(7, 20)
    assert not isinstance(stopped, GlaswerkError)
    assert stopped.step == 7
    assert str(stopped) == "stopped after step 7 of 20; everything so far is saved"
