"""`glaswerk town`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import json_option
from glaswerk.core.errors import GlaswerkError


@click.command("town")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=7, show_default=True, help="Another seed gives another town.")
@click.option("--size", default="demo", show_default=True, help="tiny, demo or large.")
@click.option("--slant", default=0.5, show_default=True, help="Share of political posts for the first party.")
@click.option(
    "--rumour-rate", default=1.0, show_default=True, help="How often rumours are spread; 0 = never."
)
@click.option(
    "--calls", default=0, show_default=True, help="So many dialogues with calls of tools, in calls.jsonl."
)
@click.option(
    "--from",
    "texts",
    type=click.Path(path_type=Path),
    metavar="TEXTS",
    help="Folder of edited text files; the shipped ones replace those that are missing.",
)
@click.option(
    "--export-text", is_flag=True, help="Write the shipped text files into FOLDER, to edit; no town."
)
@json_option
def command(
    folder: Path,
    seed: int,
    size: str,
    slant: float,
    rumour_rate: float,
    calls: int,
    texts: Path | None,
    export_text: bool,
    as_json: bool,
) -> None:
    """Write a made-up town into FOLDER: X archives, gazette, pictures, chats and the answer key.

    \b
    glaswerk town my-town
    glaswerk town slanted --slant 0.9
    glaswerk town my-town --calls 2000        # with dialogues that teach a model to call tools
    glaswerk town my-texts --export-text      # its sentences, as files to edit
    glaswerk town my-town --from my-texts     # a town made from them
    """
    from glaswerk.town import export_texts, write_town

    if export_text:
        if texts:
            raise GlaswerkError(
                "expected --export-text or --from, found both",
                hint=f"glaswerk town {folder} --export-text",
            )
        refuse_town_options()
        counts = {"texts": export_texts(folder)}
    else:
        counts = write_town(
            folder, seed=seed, size=size, slant=slant, rumour_rate=rumour_rate, texts=texts, calls=calls
        )
    if as_json:
        echo(json.dumps(counts))
        return
    echo("  ".join(f"{name} {count:,}" for name, count in counts.items()))


def refuse_town_options() -> None:
    """Raises GlaswerkError for an option that decides a town where only its texts are written."""
    context = click.get_current_context()
    for name in ("seed", "size", "slant", "rumour_rate", "calls"):
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            raise GlaswerkError(
                f"expected --export-text alone, found --{name.replace('_', '-')}: all towns have these texts",
                hint="glaswerk town FOLDER --export-text, then glaswerk town FOLDER --from TEXTS with it",
            )
