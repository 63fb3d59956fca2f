"""`glaswerk curate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.left_out import show_curated
from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import writing

if TYPE_CHECKING:
    from glaswerk.lab import Artifact, Lab


@click.command("curate")
@click.option(
    "--language", "languages", multiple=True, help="Keep only this language (repeatable): en, de, …"
)
@click.option(
    "--web",
    multiple=True,
    type=click.Choice(["gopher", "c4", "fineweb"]),
    help="Also apply these rules for web pages (repeatable).",
)
@click.option(
    "--validation-share",
    type=float,
    help="Share held out for validation, chosen by content hash.  [default: 0.02]",
)
@click.option(
    "--on",
    default="local",
    show_default=True,
    type=click.Choice(["local", "ray"]),
    help="Where to run: this machine or a Ray cluster.",
)
@click.option(
    "--jobs", default=0, type=click.IntRange(min=0), help="Processes or Ray workers.  [default: one per core]"
)
@click.option(
    "--name",
    default="main",
    show_default=True,
    help="Name of the corpus; an older one of that name is replaced.",
)
@lab_option
@json_option
def command(
    lab_path: Path, as_json: bool, languages: tuple[str, ...], web: tuple[str, ...], **rest: Any
) -> None:
    """Filter, deduplicate, mask and split all sources into one corpus.

    \b
    glaswerk curate --language en --language de
    glaswerk curate --name strict --web gopher
    RAY_ADDRESS=auto glaswerk curate --on ray

    Every document gets one decision with a named reason: see report.html in the corpus's folder, and
    `glaswerk explain REASON`. Rules and thresholds are in the table [curate] of lab.toml. Passages that
    `find` and chats quote are cut anew if there were some. If interrupted, the same command resumes.
    """
    from glaswerk.data.curate.curate import curate

    with writing(lab_path) as lab:
        made = curate(lab, languages=languages or None, web=web or None, **rest)
        _renew_passages(lab, made)
    show_curated(made, as_json)


def _renew_passages(lab: Lab, corpus: Artifact) -> None:
    """Cut the passages of a corpus that had some: those of an older one are never quoted."""
    from glaswerk.retrieve import build, renew_vectors
    from glaswerk.retrieve.build import is_private

    if before := lab.find("passages", corpus.name):
        renew_vectors(lab, build(lab, corpus, private=is_private(before)))
