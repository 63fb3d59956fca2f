"""`glaswerk export`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


@click.command("export")
@click.argument("name", metavar="MODEL")
@click.option("--gguf", is_flag=True, help="Write GGUF, the only format so far.")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["f16", "q8_0", "f32"]),
    default="f16",
    show_default=True,
    help="Type of the matrices' numbers.",
)
@click.option(
    "--to", type=click.Path(dir_okay=False, path_type=Path), help="File to write.  [default: MODEL.TYPE.gguf]"
)
@click.option("--despite-obstacles", is_flag=True, help="Write it even if it learned forgotten content.")
@lab_option
def command(
    name: str, gguf: bool, kind: str, to: Path | None, despite_obstacles: bool, lab_path: Path
) -> None:
    """Write MODEL as one GGUF file, with its tokenizer, chat template, licence and lineage inside.

    \b
    glaswerk export chat --gguf --type q8_0
    glaswerk export chat --gguf --to chat.gguf

    Every model of a lab already is a Hugging Face folder; only programs that read GGUF need this. The ledger
    remembers the copy: a later deletion names it.
    """
    from glaswerk.lineage.departures import record_departure
    from glaswerk.model.export_gguf import export_gguf

    if not gguf:
        raise GlaswerkError(
            "expected the format to export to, found none", hint=f"glaswerk export {name} --gguf"
        )
    lab = open_lab(lab_path)
    model = lab.latest("model", name)
    if model is None:
        there = ", ".join(a.name for a in lab.all("model")) or "none"
        raise GlaswerkError(f"the lab has no model named {name!r} (there: {there})", hint="glaswerk model ls")
    file = to or Path(f"{model.name.replace('/', '-')}.{kind}.gguf")
    _check(lab, model, despite_obstacles)
    worst = export_gguf(lab, model, file, kind=kind)
    record_departure(lab, model, "export", file)
    echo(f"{file}  {file.stat().st_size / 1e6:,.1f} MB  {kind}")
    echo(f"checked: read again, its log-probabilities differ by at most {worst:.1g}", err=True)


def _check(lab: Lab, model: Artifact, despite: bool) -> None:
    """Raises GlaswerkError for a model that learnt forgotten content; warns of other obstacles."""
    from glaswerk.lineage.exposure import models_without
    from glaswerk.lineage.obstacles import exposed, obstacles
    from glaswerk.lineage.pause import paused
    from glaswerk.rerun.exposure import count_exposures

    count_exposures(lab)
    learnt = list(exposed(lab, model))
    if learnt and not despite:
        without = models_without(lab, model)
        name = model.name.partition("/")[0]
        anyway = f"glaswerk export {name} --gguf --despite-obstacles writes it anyway"
        raise GlaswerkError(
            f"expected a model to export that learned nothing forgotten, found {model.name}: "
            + "; ".join(learnt),
            hint=f"glaswerk export {without[-1].name} --gguf"
            if without
            else f"glaswerk retrain {name}; {anyway}",
        )
    if (why := paused(lab.root)) and not despite:
        raise GlaswerkError(f"the lab is {why}", hint="glaswerk resume --key KEY")
    for words in obstacles(lab, model):
        echo(f"not fit for release: {words}", err=True)
