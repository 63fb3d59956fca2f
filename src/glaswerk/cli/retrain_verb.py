"""`glaswerk retrain`."""

from __future__ import annotations

import math
from pathlib import Path

import click

from glaswerk.cli.options import COPIES, json_option, lab_option
from glaswerk.cli.session import open_lab
from glaswerk.core.errors import GlaswerkError

KINDS = ("author", "id", "source")


@click.command("retrain")
@click.argument("model")
@click.option(
    "--without",
    multiple=True,
    metavar="[KIND:]NAME",
    help="author:NAME, id:ID or source:NAME; a bare NAME is an author (repeatable).",
)
@click.option(
    "--without-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Ids, addresses of posts or profiles, @handles, or X's delete events, one a line.",
)
@COPIES
@click.option(
    "--how",
    type=click.Choice(["rebuild", "replay"]),
    default="rebuild",
    show_default=True,
    help="rebuild: over the new shards. replay: in the order of the old run.",
)
@click.option("--price-per-hour", default=0.0, type=click.FloatRange(min=0), help="With --dry-run.")
@click.option("--dry-run", is_flag=True, help="Print what it would take, as `glaswerk what-if`, and stop.")
@lab_option
@json_option
def command(
    model: str,
    without: tuple[str, ...],
    without_file: Path | None,
    copies: str | None,
    how: str,
    price_per_hour: float,
    dry_run: bool,
    lab_path: Path,
    as_json: bool,
) -> None:
    """Retrain MODEL without documents that are forgotten: all of them, or those named.

    \b
    glaswerk retrain chat
    glaswerk forget --author hazel_hogben && glaswerk retrain chat --without hazel_hogben
    glaswerk retrain base --without source:posts --how replay --dry-run

    Rebuilds corpora, shards and index first, then trains. Both ways start from the newest milestone that
    saw none of the documents (see `glaswerk train --milestones`), else from step 0. The old model stays
    next to the new one. Interrupted, the same command resumes.
    """
    from glaswerk.cli.deletion import carry_out, forget_command, print_report, selector_options
    from glaswerk.data.removal.selection import reached
    from glaswerk.rerun.removal import check_known, model_named, reach_of_marks

    if not math.isfinite(price_per_hour):
        raise GlaswerkError("--price-per-hour takes a finite number", hint="--price-per-hour 2.5")
    if price_per_hour and not dry_run:
        raise GlaswerkError(
            "expected --price-per-hour with --dry-run, found it alone",
            hint=f"glaswerk retrain {model} --price-per-hour {price_per_hour:g} --dry-run --without …",
        )
    named = selection(without)
    lab = open_lab(lab_path)
    chosen = model_named(lab, model, hint="glaswerk status lists the models")
    if not without and without_file is None:
        touched = reach_of_marks(lab, chosen, hint=f"glaswerk retrain {model} --without author:NAME")
    else:
        marks, touched = reached(
            lab, named["author"], named["id"], named["source"], without_file, copies=copies or ""
        )
        check_known(lab, marks, touched.going)
    if dry_run:
        print_report(lab, touched, chosen, price_per_hour, as_json)
        return
    options = selector_options(named["author"], named["id"], named["source"], without_file, copies or "")
    carry_out(lab, touched, chosen, how, lab_path, as_json, forget=forget_command(options))


def selection(values: tuple[str, ...]) -> dict[str, list[str]]:
    """Names by kind, from `author:NAME`, `id:ID`, `source:NAME` and bare author names.

    Raises GlaswerkError for another kind before a colon, such as the beginning of an id.
    """
    found: dict[str, list[str]] = {kind: [] for kind in KINDS}
    for value in values:
        kind, colon, name = value.partition(":")
        if colon and kind not in KINDS:
            raise GlaswerkError(
                f"expected author:, id: or source: before a name with a colon, found {value!r}",
                hint=f"--without id:{value} names a document, --without author:{value} an author",
            )
        found[kind if colon else "author"].append(name if colon else value)
    return found
