"""The errors that users see: what was expected, what was found, and what to type next."""

from __future__ import annotations


class GlaswerkError(Exception):
    """A mistake that the user can fix. The command line prints it without a traceback.

    `message` names what was expected and the value found; `hint` is the next step or command.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"


class Interrupted(Exception):
    """A training run was stopped by a signal or by the lab's pause, after it saved step `step` of `steps`.

    `why`: what stopped it, where that was no signal. Not a GlaswerkError: nothing failed, and the same
    command resumes the run.
    """

    def __init__(self, step: int, steps: int, why: str = "") -> None:
        words = f"stopped after step {step} of {steps}; everything so far is saved"
        super().__init__(f"{words}; the lab is {why}" if why else words)
        self.step = step
