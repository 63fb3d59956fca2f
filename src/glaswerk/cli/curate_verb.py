"""`glaswerk curate`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.session import json_option, lab_option, show, writing


@click.command("curate")
@click.option(
    "--language", "languages", multiple=True, help="Keep only this language (repeatable): en, de, …"
)
@click.option("--validation-share", default=0.02, show_default=True, help="Held out, by content hash.")
@click.option("--name", default="main", show_default=True, help="Of the corpus; replaces one of that name.")
@lab_option
@json_option
def command(
    languages: tuple[str, ...], validation_share: float, name: str, lab_path: Path, as_json: bool
) -> None:
    """Filter, deduplicate, mask and split all sources into one corpus.

    Every document gets one decision with a named reason: see corpora/main/report.html,
    and `glaswerk explain REASON`.
    """
    from glaswerk.data.curate import curate

    with writing(lab_path) as lab:
        made = curate(lab, name=name, languages=languages, validation_share=validation_share)
    show(made, as_json, documents=made.stats["documents"], kept=made.stats["kept"])
