"""`glaswerk explain`."""

from __future__ import annotations

import click


@click.command("explain")
@click.argument("reason")
def command(reason: str) -> None:
    """What a REASON in the decisions means, and how to change it.

    \b
    glaswerk explain near-duplicate
    """
    from glaswerk.data.store.reasons import explain

    click.echo(explain(reason))
