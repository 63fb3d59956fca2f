"""Options that several verbs share: settings of a training run, the lab, JSON, licence, shards, selectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from glaswerk.cli.groups import LAB_GIVEN
from glaswerk.core.artifact_files import LAB_SETTINGS

Function = TypeVar("Function", bound=Callable[..., Any])

PRECISION_HELP = "Precision of matrix products: fp32, bf16, or auto: the faster one on this machine."
_SETTINGS = (
    click.option(
        "--size", default="2M", show_default=True, help="Parameters; every other setting follows from it."
    ),
    click.option("--depth", default=0, help="Layers.  [default: one for every 64 of width]"),
    click.option("--untied", is_flag=True, help="Untie input and output embeddings."),
    click.option(
        "--epochs",
        default=0.0,
        help="Passes over the corpus.  [default: 20 tokens per parameter, at most 8 passes]",
    ),
    click.option("--context", default=256, show_default=True, help="Sequence length in tokens."),
    click.option("--batch-tokens", default=0, help="Tokens per step.  [default: from the size]"),
    click.option("--learning-rate", default=0.0, help="Peak learning rate.  [default: from the size]"),
    click.option("--precision", default="auto", show_default=True, help=PRECISION_HELP),
    click.option("--seed", default=0, show_default=True, help="Seed of the weights and of the order."),
    click.option(
        "--patience",
        default=2,
        show_default=True,
        help="Stop after this many validations 1 % worse than the best, and keep the best; 0: never stop.",
    ),
)
COPIES = click.option(
    "--copies",
    type=click.Choice(["keep", "forget"]),
    is_flag=False,
    flag_value="forget",
    default=None,
    help="Documents by others with the same words: forget marks them as well, keep lets those be trained on "
    "that were left out as duplicates.  [default: these stay out]",
)
_SELECTORS = (
    click.option("--author", "authors", multiple=True, help="Everything by this author (repeatable)."),
    click.option("--id", "ids", multiple=True, help="A document's id, or a post's address (repeatable)."),
    click.option("--source", "sources", multiple=True, help="Every document of this source (repeatable)."),
    click.option(
        "--from-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file with one id, post or profile address, @handle or delete event of X on each line.",
    ),
    COPIES,
)


def settings_options(function: Function) -> Function:
    """The settings of a training run: options of `train`, and of `plan`, which predicts the run."""
    return _all(_SETTINGS, function)


def selectors(function: Function) -> Function:
    """The options that name content: of `forget`, and of the verbs that say what forgetting would take."""
    return _all(_SELECTORS, function)


def lab_option(function: Function) -> Function:
    """`--lab FOLDER` or GLASWERK_LAB; by default the nearest lab in this folder or above it."""
    return click.option(
        "--lab",
        "lab_path",
        type=click.Path(path_type=Path),
        default=Path(),
        envvar="GLASWERK_LAB",
        callback=_lab,
        help="The lab's folder.  [default: $GLASWERK_LAB, or the nearest lab in or above this folder]",
    )(function)


def json_option(function: Function) -> Function:
    """`--json`; what it prints is in `cli.json_fields`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)


def licence_option(*, required: bool, help: str) -> Callable[[Function], Function]:
    """`--licence`, also accepted in American spelling."""
    names = ("--licence", "--license", "licence")
    # For click even a default of None is a value, and nothing would be missing.
    return (
        click.option(*names, required=True, help=help)
        if required
        else click.option(*names, default="", help=help)
    )


def shards_option(function: Function) -> Function:
    """`--shards NAME`, whose index is searched."""
    return click.option(
        "--shards", default="main.main", show_default=True, help="Name of the shards to search."
    )(function)


def nearest_lab(folder: Path) -> Path | None:
    """The first folder with a lab.toml among `folder` and those above it, as git looks for .git."""
    folder = folder.resolve()
    return next((place for place in (folder, *folder.parents) if (place / LAB_SETTINGS).is_file()), None)


def _lab(context: click.Context, parameter: click.Parameter, value: Path) -> Path:
    source = context.get_parameter_source(str(parameter.name))
    if source is click.core.ParameterSource.COMMANDLINE:
        context.meta[LAB_GIVEN] = value
    if source is click.core.ParameterSource.DEFAULT:
        return nearest_lab(Path()) or value
    return value


def _all(options: tuple[Callable[[Any], Any], ...], function: Function) -> Function:
    for option in reversed(options):
        function = option(function)
    return function
