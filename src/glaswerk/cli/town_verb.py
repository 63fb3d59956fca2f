"""`glaswerk town`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from glaswerk.cli.options import json_option


@click.command("town")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", default=7, show_default=True, help="Another seed, another town.")
@click.option("--size", default="demo", show_default=True, help="tiny, demo or large.")
@click.option("--slant", default=0.5, show_default=True, help="Share of political posts for the first party.")
@click.option(
    "--rumour-rate", default=1.0, show_default=True, help="How often rumours are spread; 0 = never."
)
@json_option
def command(folder: Path, seed: int, size: str, slant: float, rumour_rate: float, as_json: bool) -> None:
    """Write a made-up town into FOLDER: X archives, gazette, pictures, chats and the answer key.

    \b
    glaswerk town my-town
    glaswerk town slanted --slant 0.9
    """
    from glaswerk.town import write_town

    counts = write_town(folder, seed=seed, size=size, slant=slant, rumour_rate=rumour_rate)
    if as_json:
        click.echo(json.dumps(counts))
        return
    click.echo("  ".join(f"{name} {count:,}" for name, count in counts.items()))
