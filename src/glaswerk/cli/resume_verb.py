"""`glaswerk resume`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import open_lab


@click.command("resume")
@click.option(
    "--key",
    "keys",
    multiple=True,
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="Private key of somebody whom the policy names (repeatable).",
)
@lab_option
def command(keys: tuple[Path, ...], lab_path: Path) -> None:
    """Sign that a paused lab may go on; it does when two people whom the policy names have signed.

    \b
    glaswerk resume --key ada.key
    glaswerk resume --key ben.key

    Training goes on from where it stopped with the same command; a running server answers again by itself.
    """
    from glaswerk.lineage.pause import PAUSE_LOG, resume

    lab = open_lab(lab_path)
    state = resume(lab.root, keys)
    echo(state.why or f"resumed; {len(state.entries)} entries in {PAUSE_LOG}")
