"""Ctrl-C in a training verb: say that the state is saved, and what to type to resume."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from glaswerk.cli.echo import echo
from glaswerk.cli.invocation import command_line
from glaswerk.core.errors import Interrupted


@contextmanager
def resumable() -> Iterator[None]:
    """Turn `Interrupted` into two lines on standard error and exit code 130."""
    try:
        yield
    except Interrupted as stop:
        echo("", stop, err=True)
        echo(f"resume: {command_line()}", err=True)
        sys.exit(130)
