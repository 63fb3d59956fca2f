"""`glaswerk index`."""

from __future__ import annotations

from pathlib import Path

import click

from glaswerk.cli.options import json_option, lab_option
from glaswerk.cli.session import show, writing
from glaswerk.cli.tracing import shards_to_index


@click.command("index")
@click.option("--shards", default="main.main", show_default=True, help="Name of the shards to index.")
@click.option("--vectors", is_flag=True, help="Also embed the sentences, so that `find` finds other words.")
@lab_option
@json_option
def command(shards: str, vectors: bool, lab_path: Path, as_json: bool) -> None:
    """Build what `trace`, `count`, `search`, `find` and the chat page search: suffix arrays and passages.

    \b
    glaswerk index
    glaswerk index --vectors

    Suffix arrays cover everything that models train on: documents, chats and preference pairs. Parts of an
    earlier index with the same tokens are reused. Passages are of public documents, and need no shards.
    Vectors (English; `pip install "glaswerk[vectors]"`) take a second of one core for 100 sentences; a
    server that runs takes them up when they are done. If interrupted, the same command resumes.
    """
    from glaswerk.retrieve import build as build_passages
    from glaswerk.retrieve import build_vectors
    from glaswerk.serve.offers.ground_settings import GroundSettings
    from glaswerk.trace import build

    with writing(lab_path) as lab:
        corpus = lab.find("corpus", shards.partition(".")[0])
        private = GroundSettings.of(lab).private
        passages = build_passages(lab, corpus, private=private) if corpus else None
        more = {"passages": passages.stats["passages"]} if passages else {}
        if passages is not None and vectors:
            more["sentences"] = build_vectors(lab, passages).stats["sentences"]
        if passages is not None and not lab.all("shards"):
            show(passages, as_json, **more)
            return
        made = build(lab, shards_to_index(lab, shards))
    show(made, as_json, tokens=sum(made.stats["tokens"].values()), segments=made.stats["segments"], **more)
