"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


_SETTINGS = (
    click.option(
        "--size", default="2M", show_default=True, help="Parameters; every other setting follows from it."
    ),
    click.option("--depth", default=0, help="Layers.  [default: one for 64 of width]"),
    click.option("--untied", is_flag=True, help="A table of its own for the output."),
    click.option(
        "--epochs", default=0.0, help="Passes over the corpus.  [default: 20 tokens a parameter, at most 8]"
    ),
    click.option("--context", default=256, show_default=True, help="Sequence length in tokens."),
    click.option("--batch-tokens", default=0, help="Tokens a step.  [default: from the size]"),
    click.option("--learning-rate", default=0.0, help="Peak.  [default: from the size]"),
    click.option(
        "--precision",
        default="auto",
        show_default=True,
        help="Of matrix products: fp32, bf16, or auto: the one that this machine multiplies faster.",
    ),
    click.option("--seed", default=0, show_default=True),
    click.option(
        "--patience",
        default=2,
        show_default=True,
        help="Stop after so many validations 1 % above the best one, and keep that; 0 never stops.",
    ),
)


def settings_options(function: Function) -> Function:
    """The options that decide what is trained: of `train`, and of `plan`, which says what that takes."""
    for option in reversed(_SETTINGS):
        function = option(function)
    return function


def lab_option(function: Function) -> Function:
    """`--lab FOLDER` (or GLASWERK_LAB), by default the current folder."""
    return click.option(
        "--lab",
        "lab_path",
        type=click.Path(path_type=Path),
        default=Path(),
        envvar="GLASWERK_LAB",
        help="The lab's folder.  [default: this folder]",
    )(function)


def json_option(function: Function) -> Function:
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(function)
