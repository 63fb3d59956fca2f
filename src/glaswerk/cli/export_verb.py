"""`glaswerk export`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab
from glaswerk.core.errors import GlaswerkError


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
@lab_option
def command(name: str, gguf: bool, kind: str, to: Path | None, lab_path: Path) -> None:
    """Write MODEL as one GGUF file, with its tokenizer, chat template, licence and lineage inside.

    \b
    glaswerk export chat --gguf --type q8_0
    glaswerk export chat --gguf --to chat.gguf

    Every model of a lab already is a Hugging Face folder; only programs that read GGUF need this.
    """
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
    export_gguf(lab, model, file, kind=kind)
    click.echo(f"{file}  {file.stat().st_size / 1e6:,.1f} MB  {kind}")
