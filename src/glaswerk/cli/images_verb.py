"""`glaswerk images`: train a network on captioned pictures, and draw with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.groups import Words
from glaswerk.cli.options import PRECISION_HELP, json_option, lab_option
from glaswerk.cli.session import open_lab, print_json, show, taking_part
from glaswerk.core.errors import GlaswerkError
from glaswerk.lab import Artifact, Lab


@click.group("images", cls=Words)
def command() -> None:
    """Train a network on captioned pictures, and draw with it.

    \b
    glaswerk add images pictures/ --licence own && glaswerk curate
    glaswerk images train
    glaswerk images draw "the red lighthouse at night"
    """


@command.command("train")
@click.option("--preset", default="cpu", show_default=True, help="Sizes: tiny, cpu, gpu or cluster.")
@click.option(
    "--side", default=0, help="Side of the square pictures in pixels.  [default: from the pictures]"
)
@click.option("--steps", default=0, help="Steps of the run.  [default: from the preset]")
@click.option("--batch", default=0, help="Pictures per step.  [default: from the preset]")
@click.option("--learning-rate", default=0.0, help="Peak learning rate.  [default: from the preset]")
@click.option("--precision", default="auto", show_default=True, help=PRECISION_HELP)
@click.option("--seed", default=0, show_default=True, help="Seed of the weights and of the order.")
@click.option("--name", default="pictures", show_default=True, help="Name of the image model.")
@click.option("--corpus", default="main", show_default=True, help="The corpus with the pictures.")
@click.option(
    "--text-model",
    default="",
    help="A language model of the lab, a copy of which reads the captions.  [default: a small new one]",
)
@lab_option
@json_option
def train(name: str, corpus: str, text_model: str, lab_path: Path, as_json: bool, **settings: Any) -> None:
    """Train an image model on the pictures of a corpus.

    \b
    glaswerk images train
    glaswerk images train --side 32 --steps 1000 --name small
    glaswerk images train --text-model base
    torchrun --nproc-per-node 8 -m glaswerk images train --preset gpu

    Ctrl-C saves the state, and the same command resumes. The run's report, runs/ID/report.html, shows the
    same prompts after every validation. The model is a folder that DiffusionPipeline.from_pretrained loads.
    """
    from glaswerk.cli.interrupts import resumable
    from glaswerk.train.images.plan import ImageConfig
    from glaswerk.train.images.train_images import train_images
    from glaswerk.train.parallel.degrees import Parallel
    from glaswerk.train.parallel.world import open_world

    config = ImageConfig(**settings)
    with resumable(), open_world(Parallel.parse("")) as world, taking_part(lab_path) as lab:
        made = train_images(lab, config, corpus=corpus, name=name, text_model=text_model, world=world)
    if not world.first:
        return
    keys = ("parameters", "steps", "train_loss", "pictures_per_second")
    show(made, as_json, **{key: made.stats[key] for key in keys})
    echo(f"report: {os.path.relpath(lab.root / made.stats['report'])}", err=True)


@command.command("evaluate")
@click.option("--model", default="", help="The image model.  [default: the newest]")
@click.option("--prompts", default=64, show_default=True, help="Held-out captions to draw.")
@click.option("--steps", default=24, show_default=True, help="Steps of the sampler.")
@click.option(
    "--guidance", default=3.0, show_default=True, help="How much the prompt is exaggerated; 1: not."
)
@click.option("--seed", default=0, show_default=True, help="Seed of the first picture.")
@lab_option
@json_option
def evaluate(model: str, prompts: int, lab_path: Path, as_json: bool, **settings: Any) -> None:
    """Measure whether an image model follows prompts, and whether it repeats its training pictures.

    \b
    glaswerk images evaluate
    glaswerk images evaluate --prompts 200 --json

    Draws held-out captions. On captions of the made-up town it names the nearest object, colour, count and
    place, which flatters rough drawings. The report is reports/images-NAME, with a sheet of pairs: each
    picture beside the nearest one that the model was trained on.
    """
    from glaswerk.cli.session import writing
    from glaswerk.evaluate.images.evaluate_images import evaluate_images

    for name, value, most in (("--prompts", prompts, 10_000), ("--steps", settings["steps"], 1000)):
        if not 1 <= value <= most:
            raise GlaswerkError(f"expected {name} from 1 to {most:,}, found {value:,}", hint=f"{name} 24")
    with writing(lab_path) as lab:
        made = evaluate_images(lab, _image_model(lab, model), prompts=prompts, **settings)
    figures = {"copied_share": made.stats["memorisation"]["copied_share"]}
    if made.stats["following"]:
        figures |= {name: share["value"] for name, share in made.stats["following"].items()}
    show(made, as_json, drawn=made.stats["drawn"], **figures)


@command.command("draw")
@click.argument("prompt")
@click.option("--model", default="", help="The image model.  [default: the newest]")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File.  [default: picture.png]")
@click.option("--count", "-n", default=1, show_default=True, help="Pictures; several make one sheet.")
@click.option(
    "--seed", default=0, show_default=True, help="Seed of the first picture; the next have the next."
)
@click.option("--steps", default=24, show_default=True, help="Steps of the sampler.")
@click.option(
    "--guidance", default=3.0, show_default=True, help="How much the prompt is exaggerated; 1: not."
)
@click.option("--negative", default="", help="What to draw away from.")
@lab_option
@json_option
def draw(prompt: str, out: Path | None, count: int, lab_path: Path, as_json: bool, **settings: Any) -> None:
    """Draw a picture with an image model of the lab.

    \b
    glaswerk images draw "the red lighthouse at night"
    glaswerk images draw "two boats" -n 16 --seed 7 --out boats.png

    The same model, prompt, settings and seed give the same picture. It is marked twice: `glaswerk
    inspect FILE` reads who made it, `glaswerk detect FILE` finds the watermark in its pixels.
    """
    from glaswerk.cli.drawn_picture import write_picture

    for name, value, most in (("--count", count, 100), ("--steps", settings["steps"], 1000)):
        if not 1 <= value <= most:
            raise GlaswerkError(f"expected {name} from 1 to {most}, found {value:,}", hint=f"{name} 1")
    lab = open_lab(lab_path)
    made = _image_model(lab, settings.pop("model"))
    path = out or Path("picture.png")
    seeds = write_picture(lab, made, prompt, path, count=count, **settings)
    if as_json:
        fields = {"file": str(path), "model": made.name, "model_digest": made.digest}
        print_json({**fields, "prompt": prompt, "seeds": seeds, **settings})
    else:
        echo(str(path))
    lab.ledger.close()


def _image_model(lab: Lab, name: str) -> Artifact:
    if name:
        return lab.need("image-model", name, hint="glaswerk images train")
    found = lab.latest("image-model")
    if found is None:
        raise GlaswerkError("the lab has no image model", hint="glaswerk images train")
    return found
