"""`glaswerk evaluate`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing
from glaswerk.core.artifact_files import REPORT_PAGE
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


@click.command("evaluate")
@click.option("--model", default="", help="Model to measure.  [default: the newest chat model, else base]")
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answer key of the made-up town (JSON): adds truth and political lean.",
)
@click.option("--limit", type=int, help="Ask at most this many questions of each kind.")
@click.option("--quick", is_flag=True, help="Of the sets, 200 records of those for a first look.")
@click.option(
    "--controls",
    is_flag=True,
    help="Plant a lean to each side on copies of the model, and report a lean only if these are seen.",
)
@click.option(
    "--sign",
    "key_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Sign the report with a private key, bound to the model's digest and lineage.",
)
@lab_option
@json_option
def command(
    model: str,
    key: Path | None,
    limit: int | None,
    quick: bool,
    controls: bool,
    key_file: Path | None,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Measure truth, political lean, knowledge and bits per byte, with intervals; write the trust report.

    Takes every evaluation set that was added with `glaswerk add evaluations`, on any model.

    \b
    glaswerk evaluate
    glaswerk evaluate --model chat --key town/answer_key.json
    glaswerk evaluate --model smollm2 --quick --controls
    """
    from glaswerk.evaluate import evaluate

    with writing(lab_path) as lab:
        chosen = lab.latest("model", model) if model else lab.latest("model", "chat") or lab.latest("model")
        if chosen is None:
            there = ", ".join(made.name for made in lab.all("model")) or "none"
            wanted = f"model named {model!r}" if model else "model"
            raise GlaswerkError(f"the lab has no {wanted} (there: {there})", hint="glaswerk train")
        made = evaluate(lab, chosen, key=key, limit=limit, quick=quick, controls=controls)
        signature = _signed(lab, made, key_file) if key_file else None
    show(made, as_json)
    echo(f"report: {os.path.relpath(made.path / REPORT_PAGE)}", err=True)
    if signature:
        echo(f"signature: {os.path.relpath(signature)}", err=True)


def _signed(lab: Lab, report: Artifact, key: Path) -> Path:
    from glaswerk.lineage.signed_report import sign_report

    return sign_report(lab, report, key)
