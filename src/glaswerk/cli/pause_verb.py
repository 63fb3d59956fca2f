"""`glaswerk pause`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.options import lab_option
from glaswerk.cli.session import next_step, open_lab


@click.command("pause")
@click.option("--why", required=True, help="The reason, which everybody will read.")
@click.option(
    "--key",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Sign it with a private key. Without one it holds, too.",
)
@lab_option
def command(why: str, key: Path | None, lab_path: Path) -> None:
    """Stop the lab: training saves its state and ends, the server answers 503, nothing is released.

    \b
    glaswerk pause --why "answers name a private person"
    glaswerk pause --why "checked by the board" --key ada.key

    Every pause and resumption is in pause-log.jsonl, each line with the digest of the line before it. To
    go on takes two keys of the policy: glaswerk resume.
    """
    from glaswerk.lineage.pause import pause, paused

    # No write lock: a training run holds it, and that is what has to stop.
    lab = open_lab(lab_path)
    pause(lab.root, why, key)
    echo(paused(lab.root))
    next_step("glaswerk resume --key KEY, twice, with two keys of the policy")
