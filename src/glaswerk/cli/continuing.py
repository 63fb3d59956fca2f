"""`glaswerk train --base`: what it takes, and what it prints of gain and forgetting."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from glaswerk.cli.echo import echo
from glaswerk.cli.interrupts import resumable
from glaswerk.cli.session import open_lab, print_json, show, writing
from glaswerk.core.errors import GlaswerkError
from glaswerk.core.progress import clock_time

if TYPE_CHECKING:
    from glaswerk.lab import Artifact
    from glaswerk.train.continued import ContinueConfig

# Options that a network from scratch has, and those that only a base model has.
_SCRATCH = (
    "size",
    "depth",
    "untied",
    "key",
    "parallel",
    "milestones",
    "branch",
    "decay_steps",
    "last",
)
_CONTINUED = ("corpus", "lora", "replay", "replay_share")
_TAKEN = (
    "epochs",
    "context",
    "batch_tokens",
    "learning_rate",
    "precision",
    "seed",
    "patience",
    "micro_rows",
    "compile",
    *_CONTINUED[1:],
)


def continue_base(
    lab_path: Path,
    base: str,
    name: str,
    corpus: str,
    settings: Mapping[str, Any],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """`glaswerk train --base`. `settings`: options of `train` by name; only those that were given count."""
    from glaswerk.train.continued import ContinueConfig, continue_training, plan_continued

    _check(_SCRATCH, "is for a model from scratch, found --base", f"glaswerk train --base {base}")
    if (ranks := os.environ.get("WORLD_SIZE", "1")) != "1":
        raise GlaswerkError(
            f"expected one process for --base, found {ranks} ranks",
            hint=f"glaswerk train --base {base}, without torchrun",
        )
    config = ContinueConfig(**{key: settings[key] for key in _TAKEN if _given(key)})
    if dry_run:
        planned = plan_continued(open_lab(lab_path), config, base=base, corpus=corpus)
        _print_plan(planned.to_json(), as_json)
        return
    with resumable(), writing(lab_path) as lab:
        made = continue_training(lab, config, base=base, name=name, corpus=corpus)
    figures = ("parameters", "trained_parameters", "tokens", "train_loss", "tokens_per_second")
    show(made, as_json, **{key: made.stats[key] for key in figures})
    show_held_out(made, config)


def check_from_scratch() -> None:
    """Refuse options that need --base. Raises GlaswerkError."""
    hint = "glaswerk train --base NAME, with a model that glaswerk model ls lists"
    _check(_CONTINUED, "needs --base, found none", hint)


def _check(options: tuple[str, ...], problem: str, hint: str) -> None:
    for option in options:
        if _given(option):
            raise GlaswerkError(f"--{option.replace('_', '-')} {problem}", hint=hint)


def _given(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _print_plan(figures: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(figures)
        return
    for key in ("base", "shards", "steps", "epochs", "tokens", "own", "context", "rows", "lora"):
        value = figures[key]
        echo(f"{key:14} {value:,}" if isinstance(value, int | float) else f"{key:14} {value}")
    echo(f"{'replay':14} {', '.join(figures['general'] or ()) or 'none'}")
    echo(f"{'learning rate':14} {figures['loop']['learning_rate']:g}")
    echo(f"{'time':14} about {clock_time(figures['seconds'])}, without measuring and compiling")


def show_held_out(made: Artifact, config: ContinueConfig) -> None:
    """Gain and forgetting, a line for each kind of held-out text."""
    found = made.stats["held_out"]
    for part, words in (("own", "your held-out text"), ("general", f"{', '.join(config.replay)}, held out")):
        if part in found:
            echo(f"{words}: {_compared(found[part])}", err=True)
    if "own" not in found:
        echo("nothing of your text is held out, so what was learnt is not measured", err=True)
    if not config.replay:
        echo("what was forgotten is not measured: --replay SOURCE names a source of general text", err=True)
    elif "general" not in found:
        echo("nothing of the general text is held out, so what was forgotten is not measured", err=True)


def _compared(found: Mapping[str, Any]) -> str:
    change = found["change"]
    interval = f", 95 % {change['low']:+.3f} to {change['high']:+.3f}" if "low" in change else ""
    documents = f"{change['documents']:,} documents"
    before, after = found["before"]["value"], found["after"]["value"]
    return f"{before:.3f} → {after:.3f} bits per byte ({change['value']:+.3f}{interval}; {documents})"
