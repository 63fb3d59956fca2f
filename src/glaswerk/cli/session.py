"""What verbs share: open the lab, enter the run in its ledger, print a result."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.echo import echo, echo_text
from glaswerk.cli.groups import LAB_GIVEN
from glaswerk.cli.invocation import command_line, with_lab
from glaswerk.core.artifact_files import LAB_SETTINGS
from glaswerk.core.errors import GlaswerkError, Interrupted
from glaswerk.core.terminal import visible_json
from glaswerk.lab import Artifact, Lab


def open_lab(path: Path) -> Lab:
    """The open lab. Raises GlaswerkError if there is none, saying where it was looked for."""
    if not (path / LAB_SETTINGS).exists():
        context = click.get_current_context(silent=True)
        given = context is not None and LAB_GIVEN in context.meta
        searched = f"{path.resolve()}" + (" or any folder above it" if path == Path() and not given else "")
        here = "" if path == Path() else f" {path}"
        raise GlaswerkError(
            f"expected a lab in {searched}, found none: lab.toml is missing",
            hint=f"glaswerk init{here} makes one; --lab FOLDER or GLASWERK_LAB names another",
        )
    return Lab.open(path)


@contextmanager
def writing(path: Path) -> Iterator[Lab]:
    """The open lab with its write lock held and the command entered in its ledger."""
    lab = open_lab(path)
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
    """`writing` for the first rank; all other ranks of torchrun only read."""
    if os.environ.get("RANK", "0") != "0":
        yield open_lab(path)
        return
    with writing(path) as lab:
        yield lab


def show(artifact: Artifact, as_json: bool, *, warnings: Sequence[str] = (), **figures: Any) -> None:
    """One line about an artifact on standard output, or all of it as a JSON object, with its warnings."""
    if as_json:
        print_json(artifact_fields(artifact) | ({"warnings": list(warnings)} if warnings else {}))
    else:
        echo(_line(artifact, figures))


def show_all(artifacts: Sequence[tuple[Artifact, dict[str, Any]]], as_json: bool) -> None:
    """A line for each artifact with its figures, or one JSON list of them all."""
    if as_json:
        print_json([artifact_fields(artifact) for artifact, _ in artifacts])
        return
    for artifact, figures in artifacts:
        echo(_line(artifact, figures))


def print_json(value: Any) -> None:
    """Print JSON on standard output; non-ASCII letters stay as they are."""
    echo_text(visible_json(json.dumps(value, indent=2, ensure_ascii=False, default=str)))


def next_step(words: str) -> None:
    """Say on standard error what to type next, with --lab if it was given."""
    context = click.get_current_context(silent=True)
    lab = context.meta.get(LAB_GIVEN) if context else None
    echo(f"next: {with_lab(words, lab)}", err=True)


def artifact_fields(artifact: Artifact) -> dict[str, Any]:
    """An artifact as JSON: see `cli.json_fields`."""
    fields = {name: getattr(artifact, name) for name in artifact.__slots__}
    return {**fields, "path": str(artifact.path)}


def _line(artifact: Artifact, figures: dict[str, Any]) -> str:
    words = "  ".join(f"{key} {_figure(value)}" for key, value in figures.items())
    folder = os.path.relpath(artifact.path)
    return f"{artifact.kind} {artifact.name}  {words}  {_seconds(artifact.seconds)}  {folder}"


def _figure(value: Any) -> str:
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if isinstance(value, float) else str(value)
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.1f} min"
