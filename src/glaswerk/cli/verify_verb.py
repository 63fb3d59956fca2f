"""`glaswerk verify`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.session import json_option, lab_option
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.ids import short
from glaswerk.lab import Lab

if TYPE_CHECKING:
    from glaswerk.lab.verify import Checked


@click.command("verify")
@click.argument("thing", required=False)
@click.option("--all", "everything", is_flag=True, help="Whatever lies in the lab.")
@lab_option
@json_option
def command(thing: str | None, everything: bool, lab_path: Path, as_json: bool) -> None:
    """Whether a THING and all that it was made from are byte for byte what they were when they were made.

    Every file is read and compared with its manifest, and every manifest with the ledger. THING is named as
    for `glaswerk lineage`. The exit code is 1 where anything does not match.

    \b
    glaswerk verify chat
    glaswerk verify --all --json | jq '.[] | select(.faults != [])'
    """
    if (thing is None) != everything:
        raise GlaswerkError("expected a THING or --all", hint="glaswerk verify --all")
    found = _checked(Lab.open(lab_path), thing)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2, ensure_ascii=False))
    else:
        _print(found)
    wrong = [one for one in found if one.faults]
    if wrong:
        listed = ", ".join(f"{one.kind} {one.name}" for one in wrong)
        raise GlaswerkError(
            f"{len(wrong)} of {len(found)} artifacts do not match: {listed}",
            hint="put the files back as they were, or remove the artifact's folder and make it again",
        )


def _checked(lab: Lab, thing: str | None) -> list[Checked]:
    from glaswerk.core.progress import progress_bar
    from glaswerk.lab.lineage import resolve
    from glaswerk.lab.verify import Register, check, everything, size, targets

    register = Register.read(lab)
    if thing is None:
        nodes = everything(register)
    else:
        graph = register.graph()
        nodes = targets(register, graph.upstream(resolve(graph, thing).id))
    with progress_bar("checking bytes", size(register, nodes)) as bar:
        return [check(register, node, lambda read: bar.advance_bytes(read, read)) for node in nodes]


def _print(found: list[Checked]) -> None:
    width = max((len(f"{one.kind} {one.name}") for one in found), default=0)
    for one in found:
        about = f"{f'{one.kind} {one.name}':{width}}  {short(one.id)}"
        read = f"{one.files:,} files, {one.bytes:,} bytes" if one.files else ""
        words = "made anew since: gone" if one.state == "made anew" else one.state
        click.echo("  ".join(filter(None, (about, words, read, *one.notes))))
        for fault in one.faults:
            click.echo(f"  {fault}")
    matching = sum(one.state == "matches" for one in found)
    click.echo(f"{matching} of {len(found)} match")
