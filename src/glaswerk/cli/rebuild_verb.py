"""`glaswerk rebuild`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glaswerk.cli.session import json_option, lab_option, show, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab
from glaswerk.lab.tombstones import Forgotten

if TYPE_CHECKING:
    from glaswerk.data.settings import CurateConfig


@click.command("rebuild")
@click.option(
    "--purge", "purging", is_flag=True,
    help="First take what is forgotten out of the sources, too. It cannot be undone.",
)  # fmt: skip
@lab_option
@json_option
def command(purging: bool, lab_path: Path, as_json: bool) -> None:
    """Make corpora, shards and index anew from what the lab holds now, with the settings that they had.

    The tokenizer stays, so that models can go on from it. Models stay, too, and `glaswerk status` shows
    which of them are stale: they still know what they were trained on.

    \b
    glaswerk forget --author hazel_hogben && glaswerk rebuild --purge
    """
    from glaswerk.data.purge import purge
    from glaswerk.tokenizer import count_exposures

    with writing(lab_path) as lab:
        made = purge(lab) if purging else []
        if not purging or lab.all("corpus"):
            made += rebuild(lab)
        count_exposures(lab)
    for artifact in made:
        show(artifact, as_json, bytes=artifact.bytes)
    if purging and not made and not as_json:
        click.echo("nothing to purge: no source holds what the marks cover", err=True)
    stale = [model.name for model in lab.all("model") if model.inputs.get("shards") not in _ids(lab)]
    if stale and not as_json:
        click.echo(f"next: train anew, these models know the old corpus: {', '.join(stale)}", err=True)


def rebuild(lab: Lab) -> list[Artifact]:
    """Every corpus of the lab made anew, then the shards and traces that hang on it. Finished ones stay.

    In a lab with marks, what cannot be made anew is removed: it may hold what was to be forgotten.
    Raises GlaswerkError naming it.
    """
    from glaswerk.data.curate import curate

    corpora = lab.all("corpus")
    if not corpora:
        raise GlaswerkError("the lab has no corpus to rebuild", hint="glaswerk curate")
    made = []
    for corpus in corpora:
        hanging = [shards for shards in lab.all("shards") if shards.name.startswith(f"{corpus.name}.")]
        with _removing(lab, [corpus, *hanging]):
            made.append(curate(lab, name=corpus.name, config=_settings(corpus)))
        for shards in hanging:
            made += _repack(lab, shards, corpus.name)
    return made


def _repack(lab: Lab, shards: Artifact, corpus: str) -> list[Artifact]:
    from glaswerk.tokenizer import pack
    from glaswerk.trace import build

    indexed = lab.find("trace", shards.name) is not None
    with _removing(lab, [shards]):
        packed = pack(lab, corpus=corpus, tokenizer=shards.name.removeprefix(f"{corpus}."))
    return [packed, build(lab, packed)] if indexed else [packed]


@contextmanager
def _removing(lab: Lab, old: list[Artifact]) -> Iterator[None]:
    """Where the new artifact cannot be made: the old ones go, and the error says so."""
    from glaswerk.tokenizer import keep_spans

    try:
        yield
    except GlaswerkError as error:
        if not Forgotten.read(lab.root).tombstones:
            raise
        traces = [trace for made in old if (trace := lab.find("trace", made.name)) and made.kind == "shards"]
        for artifact in [*traces, *reversed(old)]:
            if artifact.kind == "shards":
                keep_spans(lab, artifact)
            lab.remove(artifact)
        names = ", ".join(f"{artifact.kind} {artifact.name}" for artifact in [*old, *traces])
        raise GlaswerkError(
            f"{error.message}; removed, as it cannot be rebuilt: {names}", hint=error.hint
        ) from error


def _settings(corpus: Artifact) -> CurateConfig:
    """What the corpus was made with, whatever lab.toml says by now."""
    from glaswerk.data.settings import CurateConfig, read_settings

    known = {field.name for field in fields(CurateConfig)}
    return read_settings({key: value for key, value in corpus.config.items() if key in known})


def _ids(lab: Lab) -> set[str]:
    return {shards.id for shards in lab.all("shards")}
