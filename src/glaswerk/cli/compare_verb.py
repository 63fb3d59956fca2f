"""`glaswerk compare`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import open_lab, print_json
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Lab


@click.command("compare")
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.option(
    "--to",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for compare.html and compare.json.  [default: reports/A-B in the lab]",
)
@lab_option
@json_option
def command(first: str, second: str, to: Path | None, lab_path: Path, as_json: bool) -> None:
    """Compare the newest trust reports of models A and B, question by question.

    \b
    glaswerk compare base chat
    glaswerk compare chat ./reports/chat-step-40.1a2b3c4d --json

    A and B are models, or folders of reports that begin with / or ./ or ../. Every figure that both
    measured on common items is compared by paired bootstrap; the others are listed.
    """
    from glaswerk.core.files import write_atomic, write_json
    from glaswerk.evaluate.compare import compare, comparison_page
    from glaswerk.lineage.reports import read_report

    lab = open_lab(lab_path)
    reports = [read_report(_folder(lab, name)) for name in (first, second)]
    found = compare(*reports)
    names = [report.path.name for report in reports]
    folder = to or lab.root / "reports" / "compared" / "-".join(names)
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "compare.json", found)
    write_atomic(folder / "compare.html", comparison_page(found))
    if as_json:
        print_json(found)
        return
    for one in found["figures"]:
        change = f"{one['change']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})"
        echo(f"{one['figure']:<36} {one['first']:>8.3f} {one['second']:>8.3f}  {change}  {one['verdict']}")
    echo(f"{len(found['figures'])} figures, {len(found['not_comparable'])} not comparable")
    echo(f"page: {os.path.relpath(folder / 'compare.html')}", err=True)


def _folder(lab: Lab, name: str) -> Path:
    from glaswerk.lineage.reports import last_report

    if name.startswith(("/", "./", "../")):
        return Path(name)
    model = lab.latest("model", name)
    if model is None:
        there = ", ".join(made.name for made in lab.all("model")) or "none"
        raise GlaswerkError(f"the lab has no model named {name!r} (there: {there})", hint="glaswerk model ls")
    made = last_report(lab, model.digest)
    if made is None:
        raise GlaswerkError(
            f"{model.name} has no trust report", hint=f"glaswerk evaluate --model {name.partition('/')[0]}"
        )
    return made.path
