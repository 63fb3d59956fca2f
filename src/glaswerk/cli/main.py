"""The group of all verbs, and the one place where errors become words and exit codes."""

from __future__ import annotations

import errno
import os
import sqlite3
import sys

import click

import glaswerk
from glaswerk.cli.echo import echo, echo_error
from glaswerk.cli.groups import MisspeltCommand, Verbs, help_of
from glaswerk.cli.invocation import command_line
from glaswerk.cli.verbs import VERBS
from glaswerk.core.errors import GlaswerkError

__all__ = ["VERBS", "cli", "command_line", "fail", "main"]


@click.group(cls=Verbs, no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(glaswerk.__version__, "-V", "--version", prog_name="glaswerk")
def cli() -> None:
    """From your own content to your own chat, every answer traced to its sources.

    \b
    glaswerk make documents/ --licence own
    """


def main() -> None:
    """Entry point.

    Exit codes: 0 done, 1 a mistake to fix, 2 wrong usage, 3 added without some bad files, 130 interrupted.
    """
    try:
        code = cli.main(prog_name="glaswerk", standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        _fail_usage(error)
    except GlaswerkError as error:
        fail(error.message, error.hint)
    except (click.Abort, KeyboardInterrupt):
        echo("", f"stopped; to continue, run it again: {command_line()}", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # Python would complain once more when it flushes standard output at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        fail("the machine has no memory left", "use a smaller --size, --context or batch")
    except Exception as error:
        if not _is_system(error):
            raise
        _fail_system(error)


def fail(message: str, hint: str | None = None, code: int = 1) -> None:
    """Print an error, and its hint on its own line, and exit."""
    echo_error(message, hint)
    sys.exit(code)


def _fail_usage(error: click.ClickException) -> None:
    """Wrong usage, in the same shape as every other error."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        sys.exit(error.exit_code)
    hint = (
        error.hint if isinstance(error, MisspeltCommand) else help_of(context) if context else "glaswerk help"
    )
    fail(error.format_message(), hint, error.exit_code)


def _is_system(error: Exception) -> bool:
    """Whether the operating system refused; libraries in Rust wrap that in their own exceptions."""
    return isinstance(error, (OSError, sqlite3.OperationalError)) or _is_full(error)


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno:
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    words = ("No space left on device", "os error 28", "database or disk is full", "disk I/O error")
    return any(word in str(error) for word in words)


def _fail_system(error: Exception) -> None:
    if _is_full(error):
        fail(f"the disk is full: {error}", f"free some space and run it again: {command_line()}")
    if isinstance(error, PermissionError):
        fail(f"no permission: {error}", "check who owns the lab's folder")
    fail(f"the system refused: {error}", f"then run it again: {command_line()}")
