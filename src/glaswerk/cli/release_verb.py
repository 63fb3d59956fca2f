"""`glaswerk release`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import next_step, print_json, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.licences import DECLARATIONS
from glaswerk.lab import Artifact, Lab

if TYPE_CHECKING:
    from glaswerk.release import Release


@click.command("release")
@click.argument("name", metavar="MODEL")
@click.option("--to", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option(
    "--answers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What only a person knows (TOML).  [default: answers.toml of an earlier release in the folder]",
)
@click.option(
    "--declare",
    "declared",
    multiple=True,
    type=click.Choice(DECLARATIONS),
    help="What the release is, as licences of its sources require (repeatable).",
)
@click.option("--despite-obstacles", is_flag=True, help="Write it anyway, with the obstacles at the top.")
@click.option("--dry-run", is_flag=True, help="List what would be written, and stop.")
@lab_option
@json_option
def command(
    name: str,
    to: Path,
    answers: Path | None,
    declared: tuple[str, ...],
    despite_obstacles: bool,
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Write MODEL as a Hugging Face folder, with the papers that follow from the ledger.

    \b
    glaswerk release chat --to release
    glaswerk release chat --to release --answers release/answers.toml

    The papers: public summary of training content (AI Act), model documentation (Code of Practice), model
    card, ML-BOM, train-test overlap, compute and energy. What only you know is left as a marked blank, and
    listed in answers.toml.
    """
    from glaswerk.lineage.departures import record_departure
    from glaswerk.release import prepare, write
    from glaswerk.rerun.exposure import count_exposures

    with writing(lab_path) as lab:
        model = _model(lab, name)
        # Relative to the current folder, even if that changes meanwhile.
        place = to.absolute()
        count_exposures(lab)
        release = prepare(lab, model, place, answers=answers, despite=despite_obstacles, declared=declared)
        if not dry_run:
            write(release, model, place)
            record_departure(lab, model, "release", place)
    if as_json:
        print_json(_fields(release, to, dry_run))
        return
    _print(release, to, dry_run)


def _model(lab: Lab, name: str) -> Artifact:
    found = lab.latest("model", name)
    if found is None:
        there = ", ".join(made.name for made in lab.all("model")) or "none"
        raise GlaswerkError(f"the lab has no model named {name!r} (there: {there})", hint="glaswerk model ls")
    return found


def _fields(release: Release, to: Path, dry_run: bool) -> dict[str, Any]:
    facts = release.facts
    return {
        "model": facts.name,
        "id": facts.lineage.model.id,
        "digest": facts.lineage.model.digest,
        "to": str(to),
        "written": not dry_run,
        "files": release.files,
        "blanks": list(release.blanks),
        "obstacles": list(facts.obstacles),
        "documents": facts.data.documents,
        "tokens": facts.data.tokens,
        "flops": facts.compute.flops,
        "kilowatt_hours": facts.compute.kilowatt_hours,
    }


def _print(release: Release, to: Path, dry_run: bool) -> None:
    facts = release.facts
    echo(f"{'would write' if dry_run else 'written'} {facts.name} to {to}: {len(release.files)} files")
    for file in release.files if dry_run else ():
        echo(f"  {file}")
    for words in facts.obstacles:
        echo(f"obstacle: {words}")
    if facts.overlap.reason:
        hint = f": {facts.overlap.hint}" if facts.overlap.hint else ""
        echo(f"train-test overlap not measured, {facts.overlap.reason}{hint}")
    if release.blanks:
        echo(f"{len(release.blanks)} blanks left: {', '.join(release.blanks)}")
        next_step(f"fill in {to / 'answers.toml'} and run it again")
