"""`glaswerk reproduce`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.echo import echo, echo_text
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import print_json, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import short
from glaswerk.core.progress import progress_bar
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.rerun.reproduce import Compared


@click.command("reproduce")
@click.argument("model")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), help="The new lab.  [default: LAB-reproduced]"
)
@click.option("--dry-run", is_flag=True, help="List what would be copied and made, and stop.")
@lab_option
@json_option
def command(model: str, folder: Path | None, dry_run: bool, lab_path: Path, as_json: bool) -> None:
    """Make MODEL again in a new lab from its stored sources, and compare every digest with the recorded.

    \b
    glaswerk reproduce chat --dry-run
    glaswerk reproduce chat --to again

    First checks every byte of what was recorded, as `glaswerk verify` does. Then copies the sources and
    makes corpus, tokenizer, shards and models with the recorded settings. Bits are equal on the same kind of
    machine with the same torch. Stops with exit code 1 at the first artifact that differs. Interrupted, the
    same command resumes.
    """
    from glaswerk.rerun.removal import model_named
    from glaswerk.rerun.reproduce import check_recorded, lineage, other_environment, prepare

    lab = Lab.open(lab_path)
    found = model_named(lab, model, hint="glaswerk status lists the models")
    steps = lineage(lab, found)
    if dry_run:
        echo_text(_dry_run(steps, as_json))
        return
    with progress_bar("checking bytes", sum(made.bytes for made in steps)) as bar:
        check_recorded(lab, steps, lambda read: bar.advance_bytes(read, read))
    folder = folder or lab.root.with_name(f"{lab.root.name}-reproduced")
    for words in other_environment(found):
        echo(f"note: {words}", err=True)
    prepare(lab, found, folder)
    rows = _reproduce(lab, steps, folder, as_json)
    last = rows[-1]
    if not last.equal:
        raise GlaswerkError(
            f"{last.kind} {last.name} is not as recorded; the first difference: {last.differs}",
            hint=f"compare {folder} with {lab.root}",
        )
    if not as_json:
        echo(f"all {len(rows)} are as recorded: {folder}", err=True)


def _dry_run(steps: list[Artifact], as_json: bool) -> str:
    """What would be copied and made, as lines or as JSON."""
    from glaswerk.rerun.reproduce import is_copied

    planned = [
        {"kind": made.kind, "name": made.name, "copied": is_copied(made, steps), "seconds": made.seconds}
        for made in steps
    ]
    return json.dumps(planned, indent=2) if as_json else "\n".join(map(_planned, planned))


def _reproduce(lab: Lab, steps: list[Artifact], folder: Path, as_json: bool) -> list[Compared]:
    """Make everything again in `folder`, printing each comparison as it is done, or all as JSON."""
    from glaswerk.cli.interrupts import resumable
    from glaswerk.rerun.reproduce import reproduce

    rows: list[Compared] = []
    with resumable(), writing(folder) as new:
        for row in reproduce(lab, new, steps):
            rows.append(row)
            if not as_json:
                echo(_words(row))
    if as_json:
        print_json([{**asdict(row), "equal": row.equal} for row in rows])
    return rows


def _planned(row: dict[str, object]) -> str:
    how = "copy" if row["copied"] else "make"
    return f"{how}  {row['kind']} {row['name']}" + ("" if row["copied"] else f"  (took {row['seconds']:,} s)")


def _words(row: Compared) -> str:
    equal = "equal" if row.equal else f"DIFFERS in {row.differs}"
    how = "copied" if row.copied else "made"
    return f"{row.kind:10} {row.name:24} recorded {short(row.recorded)}  {how:6} {short(row.made)}  {equal}"
