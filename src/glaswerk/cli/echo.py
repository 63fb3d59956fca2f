"""Print for people and programs: the only place where the command line writes text.

Ruff bans `click.echo` elsewhere, so that no control character of content reaches the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable

import click

from glaswerk.core.terminal import one_line, visible


def echo(*lines: object, err: bool = False, dim: bool = False) -> None:
    """Print each argument as one line; control characters, newlines among them, are shown, not obeyed."""
    for line in lines or ("",):
        text = one_line(str(line))
        click.echo(click.style(text, dim=True) if dim else text, err=err)


def echo_text(text: str, *, err: bool = False, nl: bool = True) -> None:
    """Print text of several lines, or a piece of a line; control characters are shown, not obeyed."""
    click.echo(visible(text), err=err, nl=nl)


def echo_warnings(warnings: Iterable[str]) -> None:
    """Each warning on a line of standard error."""
    for words in warnings:
        echo(f"warning: {words}", err=True)


def echo_error(message: str, hint: str | None = None) -> None:
    """An error on standard error, and its hint on its own line.

    Further lines of the message are indented: a file's name cannot forge a hint.
    """
    first, *more = f"error: {message}".splitlines() or ["error:"]
    echo(first, *(f"  {line}" for line in more), err=True)
    if hint:
        echo(f"hint: {hint}", err=True)
