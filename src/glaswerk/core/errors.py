"""The one error that users see: what was expected, what was found, what to type next."""

from __future__ import annotations


class GlaswerkError(Exception):
    """A mistake that the user can mend. The command line prints it without a traceback.

    `message` names what was expected and the value found; `hint` is the next step or command.
    """

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message if self.hint is None else f"{self.message}\nhint: {self.hint}"
