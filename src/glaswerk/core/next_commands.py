"""Commands for hints: they name the artifact that an error is about, and never delete anything."""

from __future__ import annotations

import shlex
from pathlib import Path


def pack_command(shards: str) -> str:
    """The command that makes the shards of this name, CORPUS.TOKENIZER.

    >>> pack_command("main.smollm2")
    'glaswerk pack --tokenizer smollm2'
    """
    corpus, _, tokenizer = shards.partition(".")
    return "glaswerk pack" + _option("--corpus", corpus) + _option("--tokenizer", tokenizer)


def curate_command(corpus: str) -> str:
    """The command that makes the corpus of this name."""
    return "glaswerk curate" + _option("--name", corpus)


def index_command(shards: str) -> str:
    """The command that makes the index of these shards."""
    return "glaswerk index" + ("" if shards == "main.main" else f" --shards {shards}")


def aside(path: Path, then: str) -> str:
    """Move a damaged folder or file aside, where the lab does not look for it, then do the rest.

    A finished step is never done twice, so a damaged one must first be out of the way.
    """
    place = next(
        found
        for number in range(1, 10_000)
        if not (found := path.with_name(f".{path.name}.aside{number}")).exists()
    )
    return f"mv {shlex.quote(str(path))} {shlex.quote(str(place))} && {then}"


def _option(name: str, value: str) -> str:
    return "" if value in ("", "main") else f" {name} {value}"
