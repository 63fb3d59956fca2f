"""`glaswerk what-if`."""

from __future__ import annotations

import math
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option, lab_option, selectors
from glaswerk.cli.session import open_lab
from glaswerk.core.errors import GlaswerkError


@click.command("what-if")
@selectors
@click.option("--model", default="", help="Only this model.  [default: every model of the lab]")
@click.option(
    "--price-per-hour", default=0.0, type=click.FloatRange(min=0), help="Of the machine that trains."
)
@click.option(
    "--do",
    "how",
    type=click.Choice(["rebuild", "replay"]),
    help="Deprecated: use `glaswerk retrain`.",
)
@lab_option
@json_option
def command(
    authors: tuple[str, ...],
    ids: tuple[str, ...],
    sources: tuple[str, ...],
    from_file: Path | None,
    copies: str | None,
    model: str,
    price_per_hour: float,
    how: str | None,
    lab_path: Path,
    as_json: bool,
) -> None:
    """What if this were deleted: what contains it, which steps saw it, what each option costs.

    \b
    glaswerk what-if --author hazel_hogben --price-per-hour 2.5
    glaswerk what-if --source posts --model chat

    Changes nothing. Steps are counted from 0, as in a run's metrics. To carry an option out, forget the
    content and run `glaswerk retrain`.
    """
    from glaswerk.cli.deletion import (
        carry_out,
        forget_command,
        print_report,
        retrain_command,
        selector_options,
    )
    from glaswerk.data.removal.selection import reached
    from glaswerk.rerun.removal import check_known, model_named, model_names

    if not math.isfinite(price_per_hour):
        raise GlaswerkError("--price-per-hour takes a finite number", hint="--price-per-hour 2.5")
    lab = open_lab(lab_path)
    marks, touched = reached(lab, authors, ids, sources, from_file, copies=copies or "")
    check_known(lab, marks, touched.going)
    chosen = model_named(lab, model, hint="--model base") if model else None
    if not how:
        print_report(lab, touched, chosen, price_per_hour, as_json)
        return
    if chosen is None:
        there = ", ".join(model_names(lab)) or "none"
        raise GlaswerkError(f"--do takes one model (models: {there})", hint=f"--model base --do {how}")
    options = selector_options(authors, ids, sources, from_file, copies or "")
    echo(f"deprecated: --do will go; use: {retrain_command(model, how, options)}", err=True)
    carry_out(lab, touched, chosen, how, lab_path, as_json, forget=forget_command(options))
