"""`glaswerk explain`."""

from __future__ import annotations

import textwrap

import click

from glaswerk.cli.echo import echo, echo_text


@click.command("explain")
@click.argument("reason", required=False)
def command(reason: str | None) -> None:
    """What a REASON in a decision means and how to change it; without one, list all reasons.

    \b
    glaswerk explain near-duplicate
    glaswerk explain

    Reasons are grouped by the stage that gives them: adding content, curating, packing, masking. The figures
    of a source or corpus (`glaswerk source show`, `glaswerk corpus show`, report.html) count documents by
    reason.
    """
    from glaswerk.data.store.reasons import ADDING, CURATION, MASKED, PACKING, explain

    if reason is not None:
        echo_text(explain(reason))
        return
    for title, reasons in (
        ("Left out or changed while content is added", ADDING),
        ("Decided by `glaswerk curate`, in this order", CURATION),
        ("Left out while a corpus is packed", PACKING),
        ("Masked in documents that are kept", MASKED),
    ):
        echo(f"{title}:")
        for name, found in reasons.items():
            echo(f"  {name:22} {textwrap.shorten(found.meaning, 100, placeholder=' …')}")
        echo()
    echo("glaswerk explain REASON prints how to change it")
