"""`glaswerk demo`: the composition of every stage, on the made-up town."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.invocation import typed_without
from glaswerk.cli.session import writing
from glaswerk.core.artifact_files import ANSWER_KEY, CHATS, LAB_SETTINGS, REPORT_PAGE
from glaswerk.core.files import write_atomic
from glaswerk.core.ids import short
from glaswerk.lab import Artifact, Lab

LICENCE = "CC0-1.0"
PROMPT = "one red house in the middle and one white boat on the left, at night, with a clear sky"
# Preset, side and steps: enough for colours and places (docs/log.md has the trials), and to try the path.
_PICTURES, _TINY_PICTURES = ("cpu", 32, 700), ("tiny", 16, 20)
Stage = tuple[str, str, Artifact | None]


@dataclass(frozen=True)
class DemoConfig:
    """Chosen so that two cores train and tune for four to five minutes (docs/log.md has the trials)."""

    size: str = "demo"
    seed: int = 7
    parameters: str = "2M"
    epochs: float = 5.0
    tune_epochs: float = 2.75
    precision: str = "auto"


@click.command("demo")
@click.option(
    "--lab",
    "lab_path",
    type=click.Path(path_type=Path),
    default=Path("demo-lab"),
    show_default=True,
    envvar="GLASWERK_LAB",
    help="The lab's folder; made if it is missing.",
)
@click.option("--size", default=DemoConfig.size, show_default=True, help="Size of the town: tiny or demo.")
@click.option("--seed", default=DemoConfig.seed, show_default=True, help="Each seed makes another town.")
@click.option(
    "--parameters", default=DemoConfig.parameters, show_default=True, help="Parameters of the network."
)
@click.option("--no-serve", is_flag=True, help="Stop before the server.")
@click.option("--port", default=8000, show_default=True, help="Port of the chat page.")
def command(lab_path: Path, size: str, seed: int, parameters: str, no_serve: bool, port: int) -> None:
    """Run every stage on the made-up town, then serve the chat page.

    \b
    glaswerk demo
    glaswerk demo --no-serve --size tiny --lab small

    Writes the town, adds it, curates, trains a tokenizer and a model, tunes it, indexes and evaluates, then
    trains a small image model and draws: about ten minutes on two cores. Run it again to resume, or to serve
    the finished lab.
    """
    from glaswerk.cli.interrupts import resumable
    from glaswerk.serve.server import bind

    config = DemoConfig(size=size, seed=seed, parameters=parameters)
    if not no_serve:
        # Report a taken port now, not in five minutes.
        bind("127.0.0.1", port, typed_without("--port")).close()
    Lab.init(lab_path, "demo").ledger.close()
    started = time.perf_counter()
    model = ""
    with resumable(), writing(lab_path) as lab:
        clock = time.perf_counter()
        for stage, figures, made in chain(stages(lab, config), _pictures(lab, config)):
            if made and made.kind == "model":
                model = made.name
            echo(f"{stage:10} {time.perf_counter() - clock:6.1f} s  {figures}")
            clock = time.perf_counter()
    echo(f"{'all':10} {time.perf_counter() - started:6.1f} s  {lab_path}")
    if no_serve:
        return
    _serve(lab_path, model, port)


def _serve(lab_path: Path, model: str, port: int) -> None:
    """Become `glaswerk serve`: a fresh process gives the training's memory back (4.3 GB stayed resident)."""
    words = ["serve", "--lab", str(lab_path), "--model", model, "--port", str(port)]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "glaswerk", *words])


def stages(lab: Lab, config: DemoConfig) -> Iterator[Stage]:
    """Run the stages one by one; yields the name, the figures and the artifact of each when it is done."""
    from glaswerk.data.curate.curate import curate
    from glaswerk.data.source import add_chats, add_docs, add_images, add_posts
    from glaswerk.tokenizer import pack, train_tokenizer

    town = make_town(lab, config)
    yield "town", f"{len(list((town / 'archives').iterdir()))} X archives, seed {config.seed}", None
    rights: dict[str, Any] = {"licence": LICENCE, "acquired": "synthetic"}
    add = (
        add_posts(lab, sorted((town / "archives").glob("*.zip")), name="posts", **rights),
        add_docs(lab, [town / "docs"], name="gazette", author="gazette", **rights),
        add_chats(lab, [town / CHATS], name="chats", **rights),
        add_images(lab, [town / "images"], name="images", author="the town", **rights),
    )
    yield "add", "  ".join(f"{a.name} {a.stats['documents']:,}" for a in add), None
    corpus = curate(lab)
    yield "curate", f"kept {corpus.stats['kept']:,} of {corpus.stats['documents']:,} documents", corpus
    tokenizer = train_tokenizer(lab)
    yield "tokenizer", f"{tokenizer.stats['vocab_size']:,} entries", tokenizer
    shards = pack(lab)
    yield (
        "pack",
        "  ".join(f"{name} {count['tokens']:,}" for name, count in shards.stats["splits"].items()),
        shards,
    )
    yield from _models(lab, config, shards, town / ANSWER_KEY)


def _models(lab: Lab, config: DemoConfig, shards: Artifact, key: Path) -> Iterator[Stage]:
    from glaswerk.evaluate import evaluate
    from glaswerk.retrieve import build as build_passages
    from glaswerk.trace import build
    from glaswerk.train import TrainConfig, TuneConfig, train, tune

    pretraining = TrainConfig(
        size=config.parameters, epochs=config.epochs, seed=config.seed, precision=config.precision
    )
    base = train(lab, pretraining)
    yield "train", _training(base), base
    chat = tune(lab, TuneConfig(epochs=config.tune_epochs, seed=config.seed, precision=config.precision))
    yield "tune", _training(chat), chat
    passages = build_passages(lab, lab.need("corpus", "main", hint="glaswerk curate"))
    index = build(lab, shards)
    yield "index", f"every answer can be traced, {passages.stats['passages']:,} passages quoted", index
    report = evaluate(lab, chat, key=key)
    yield "evaluate", os.path.relpath(report.path / REPORT_PAGE), report


def _pictures(lab: Lab, config: DemoConfig) -> Iterator[Stage]:
    """An image model of a few minutes, and a picture by it."""
    from glaswerk.cli.drawn_picture import write_picture
    from glaswerk.train.images.plan import ImageConfig
    from glaswerk.train.images.train_images import train_images

    preset, side, steps = _TINY_PICTURES if config.size == "tiny" else _PICTURES
    run = ImageConfig(preset, side, steps, seed=config.seed, precision=config.precision)
    made = train_images(lab, run)
    stats = made.stats
    figures = f"{stats['parameters']:,} parameters, {stats['pictures_per_second']:,} pictures/s"
    yield "images", f"{figures}, {short(made.digest)}", made
    # Another model has another picture; the same one is drawn once.
    path = lab.root / f"red-house-{short(made.digest)}.png"
    if not path.exists():
        write_picture(lab, made, PROMPT, path, seed=config.seed)
    yield "draw", f"{os.path.relpath(path)}: {PROMPT}", None


def _training(model: Artifact) -> str:
    stats = model.stats
    return (
        f"{stats['parameters']:,} parameters, {stats['tokens']:,} tokens, loss {stats['train_loss']:.3f}, "
        f"{stats['tokens_per_second']:,} tokens/s, {short(model.digest)}"
    )


def make_town(lab: Lab, config: DemoConfig) -> Path:
    """The town's folder in the lab, complete or missing; its questions become the page's suggestions."""
    from glaswerk.town import write_town

    final = lab.root / f"town-{config.size}-{config.seed}"
    if not final.exists():
        staging = lab.root / f".{final.name}.part"
        shutil.rmtree(staging, ignore_errors=True)
        write_town(staging, seed=config.seed, size=config.size)
        os.rename(staging, final)
    _suggest(lab, final / ANSWER_KEY)
    return final


def _suggest(lab: Lab, key: Path) -> None:
    chosen = _varied(json.loads(key.read_text())["facts"])
    settings = (lab.root / LAB_SETTINGS).read_text()
    listed = json.dumps(chosen, ensure_ascii=False)
    if "[chat]" not in settings:
        settings += "\n[chat]\nsuggestions = []\n"
    # Each seed has its own town, and questions to suggest.
    lines = [
        f"suggestions = {listed}" if line.startswith("suggestions = ") else line
        for line in settings.splitlines()
    ]
    write_atomic(lab.root / LAB_SETTINGS, "\n".join(lines) + "\n")


def _varied(facts: Sequence[Mapping[str, Any]], most: int = 4) -> list[str]:
    """Questions of different kinds: four that ask for a street make the town look like its address book."""
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for fact in facts:
        kinds.setdefault(fact["relation"], []).append(fact)
    names = list(kinds)
    chosen = [names[i * len(names) // most] for i in range(min(most, len(names)))]
    return [kinds[name][i * len(kinds[name]) // most]["questions"][0] for i, name in enumerate(chosen)]
