"""What every verb shares: the lab option, the run's entry in the ledger, and printing a result."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from glaswerk.cli.main import command_line
from glaswerk.core.errors import Interrupted
from glaswerk.lab import Artifact, Lab

Function = TypeVar("Function", bound=Callable[..., Any])


@contextmanager
def writing(path: Path) -> Iterator[Lab]:
    """The open lab with its write lock held and the command entered in its ledger."""
    lab = Lab.open(path)
    with lab.writing():
        run = lab.ledger.start_run(command_line())
        clock, cpu = time.perf_counter(), time.process_time()

        def finish(status: str, message: str = "") -> None:
            lab.ledger.finish_run(
                run, status, time.perf_counter() - clock, time.process_time() - cpu, message
            )

        try:
            yield lab
        except KeyboardInterrupt:
            finish("interrupted")
            raise
        except Exception as error:
            words = next(iter(str(error).splitlines()), type(error).__name__)
            finish("interrupted" if isinstance(error, Interrupted) else "failed", words)
            raise
        finish("done")


@contextmanager
def taking_part(path: Path) -> Iterator[Lab]:
    """`writing`, but for the ranks that torchrun started beside the first: these only read."""
    if os.environ.get("RANK", "0") != "0":
        yield Lab.open(path)
        return
    with writing(path) as lab:
        yield lab


def show(artifact: Artifact, as_json: bool, **figures: Any) -> None:
    """One line about an artifact on standard output, or all of it as JSON."""
    if as_json:
        click.echo(json.dumps(_fields(artifact), indent=2, ensure_ascii=False))
        return
    words = "  ".join(f"{key} {_figure(value)}" for key, value in figures.items())
    folder = os.path.relpath(artifact.path)
    click.echo(f"{artifact.kind} {artifact.name}  {words}  {_seconds(artifact.seconds)}  {folder}")


def _fields(artifact: Artifact) -> dict[str, Any]:
    fields = {name: getattr(artifact, name) for name in artifact.__slots__}
    return {**fields, "path": str(artifact.path)}


def _figure(value: Any) -> str:
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if isinstance(value, float) else str(value)
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
