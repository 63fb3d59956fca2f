"""`glaswerk rebuild`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from glaswerk.cli.session import json_option, lab_option, show, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


@click.command("rebuild")
@lab_option
@json_option
def command(lab_path: Path, as_json: bool) -> None:
    """Make corpora, shards and index anew from what the lab holds now, with the settings that they had.

    The tokenizer stays, so that models can go on from it. Models stay, too, and `glaswerk status` shows
    which of them are stale: they still know what they were trained on.
    """
    with writing(lab_path) as lab:
        made = rebuild(lab)
    for artifact in made:
        show(artifact, as_json, bytes=artifact.bytes)
    stale = [model.name for model in lab.all("model") if model.inputs.get("shards") not in _ids(lab)]
    if stale and not as_json:
        click.echo(f"next: train anew, these models know the old corpus: {', '.join(stale)}", err=True)


def rebuild(lab: Lab) -> list[Artifact]:
    """Every corpus of the lab made anew, then the shards and traces that hang on it. Finished ones stay."""
    from glaswerk.data.curate import curate
    from glaswerk.tokenizer import pack
    from glaswerk.trace import build

    corpora = lab.all("corpus")
    if not corpora:
        raise GlaswerkError("the lab has no corpus to rebuild", hint="glaswerk curate")
    indexed = {trace.name for trace in lab.all("trace")}
    made = []
    for corpus in corpora:
        made.append(curate(lab, name=corpus.name, **_settings(corpus)))
        for shards in lab.all("shards"):
            tokenizer = shards.name.removeprefix(f"{corpus.name}.")
            if tokenizer != shards.name and lab.find("tokenizer", tokenizer):
                packed = pack(lab, corpus=corpus.name, tokenizer=tokenizer)
                made += [packed, *([build(lab, packed)] if shards.name in indexed else [])]
    return made


def _settings(corpus: Artifact) -> dict[str, Any]:
    return {key: corpus.config[key] for key in ("languages", "validation_share", "audiences")}


def _ids(lab: Lab) -> set[str]:
    return {shards.id for shards in lab.all("shards")}
